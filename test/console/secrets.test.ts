import type { Hono } from 'hono'
import { expect, onTestFinished, test } from 'vitest'
import { createFeed } from '../../src/core/feed.ts'
import type { Plan } from '../../src/core/plan.ts'
import { createGateway } from '../../src/gateway.ts'
import { openAdmin } from '../../src/hosts/admin.ts'
import { loadPages } from '../../src/hosts/console-assets.ts'
import { readEnvironment } from '../../src/hosts/environment.ts'
import { linkFile } from '../../src/hosts/link-file.ts'
import { readConfigFile } from '../../src/hosts/node-config.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { createReload } from '../../src/hosts/reload.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { recordingLog } from '../log.ts'
import { openReceiver, type Receiver } from '../receiver.ts'
import { pem, TLS_FOLDER } from '../secure-receiver.ts'
import { callbackOf, openFolder, sealed } from '../serve.ts'
import { createBrowser } from './setup.ts'
import { filled, formsIn, isAt, linksIn, pathsOf, type Values } from './walk.ts'

const key = (text: string) => `whsec_${Buffer.from(text.padEnd(32, '-')).toString('base64')}`

/** Each is elsewhere in routes.yaml, by a reference. */
const ENV = {
  TOKEN_NEW: 'secret-verification-token',
  TOKEN_OLD: 'secret-verification-token-of-old',
  KEY_NEW: 'secret-encrypt-key',
  KEY_OLD: 'secret-encrypt-key-of-old',
  APP_SECRET: 'secret-of-the-app',
  LONG_SECRET: 'secret-of-the-long-connection',
  URL_USER: 'secret-user-of-the-url',
  URL_PASSWORD: 'secret-password-of-the-url',
  URL_KEY: 'secret-key-of-the-url',
  HOOK_SECRET: key('secret-signing'),
  HOOK_NEXT: key('secret-signing-next'),
  API_KEY: 'secret-of-a-header',
  HR_TOKEN: 'secret-token-of-hr',
  HR_KEY: 'secret-key-of-hr',
  TLS_KEY: pem('client.key'),
  KAFKA_PASSWORD: 'secret-password-of-kafka',
  REST_USER: 'secret-user-of-rest',
  REST_PASSWORD: 'secret-password-of-rest',
  REST_TOKEN: 'secret-token-of-rest',
  DESK_SECRET: 'secret-of-the-desk',
  DESK_TOKEN: 'secret-token-of-the-desk',
  CHAT_URL: 'http://127.0.0.1:9/secret-path-of-the-chat',
  MATCHED: 'secret-that-a-route-looks-for',
  ADMIN_TOKEN: 'secret-token-of-the-admins',
  VIEWER_TOKEN: 'secret-token-of-the-viewers',
  HTTPS_PROXY: 'http://proxy-user:secret-password-of-the-proxy@127.0.0.1:9',
}

/** These are written there as they are. */
const WRITTEN = {
  header: 'secret-header-as-written',
  query: 'secret-query-as-written',
  password: 'secret-password-as-written',
  signing: key('secret-signing-as-written'),
  plugin: 'secret-of-a-plugin-as-written',
}

/** What an event says in fields that nobody is shown. */
const HIDDEN = {
  user_id: 'hidden-user',
  open_id: 'hidden-open-id',
  note: 'hidden-note-of-an-event',
}

const SECRETS = [
  ...Object.values(ENV),
  ...Object.values(WRITTEN),
  ...Object.values(HIDDEN),
  // As they are sent, or within others.
  ...[ENV.HOOK_SECRET, ENV.HOOK_NEXT, WRITTEN.signing].map((secret) => secret.slice(6)),
  ...pem('client.key')
    .split('\n')
    .filter((line) => line !== '' && !line.includes('-----')),
  btoa(`${ENV.URL_USER}:${ENV.URL_PASSWORD}`),
  btoa(`${ENV.REST_USER}:${ENV.REST_PASSWORD}`),
  'secret-password-of-the-proxy',
  'secret-path-of-the-chat',
]

/** All that takes a secret. The plugin throws its own; who receives says all that came, and its sink's secrets as well. */
function routesOf(url: string): string {
  const to = url.replace('http://', `http://\${URL_USER}:\${URL_PASSWORD}@`)
  return `version: 1
sources:
  feishu:
    type: feishu
    verification_token: ["\${TOKEN_NEW}", "\${TOKEN_OLD}"]
    encrypt_key: ["\${KEY_NEW}", "\${KEY_OLD}"]
    app_id: cli_a0000000000000ff
    app_secret: \${APP_SECRET}
  long: { type: feishu-ws, app_id: cli_a0000000000000fe, app_secret: "\${LONG_SECRET}" }
sinks:
  finance:
    type: webhook
    url: "${to}/finance?key=\${URL_KEY}"
    secret: ["\${HOOK_SECRET}", "\${HOOK_NEXT}"]
    headers: { X-Key: "\${API_KEY}", X-Written: ${WRITTEN.header} }
    order_by: user_id
    retry: { attempts: 1, quick: 0 }
  written:
    type: webhook
    url: ${url.replace('http://', `http://anyone:${WRITTEN.password}@`)}/written?key=${WRITTEN.query}
    secret: ${WRITTEN.signing}
    retry: { attempts: 2, quick: 0, initial: 1h }
  hr: { type: webhook, url: "${url}/hr", verification_token: "\${HR_TOKEN}", encrypt_key: "\${HR_KEY}", retry: { attempts: 1 } }
  secure:
    type: webhook
    url: https://127.0.0.1:9/secure
    tls: { cert: ${TLS_FOLDER}client.pem, key: "\${TLS_KEY}" }
    retry: { attempts: 1, quick: 0 }
  lake:
    type: kafka
    brokers: ["127.0.0.1:9"]
    topic: approvals
    ssl: { cert: ${TLS_FOLDER}client.pem, key: "\${TLS_KEY}" }
    sasl: { mechanism: plain, username: lake, password: "\${KAFKA_PASSWORD}" }
    paused: true
  rest: { type: kafka-rest, url: "${url}", topic: approvals, username: "\${REST_USER}", password: "\${REST_PASSWORD}", retry: { attempts: 1, quick: 0 } }
  bearer: { type: kafka-rest, url: "${url}", topic: approvals, token: "\${REST_TOKEN}", retry: { attempts: 1, quick: 0 } }
  desk: { type: feishu-ws, app_id: cli_a0000000000000fd, app_secret: "\${DESK_SECRET}", verification_token: "\${DESK_TOKEN}" }
  chat: { type: loud, webhook_url: "\${CHAT_URL}", key: ${WRITTEN.plugin}, retry: { attempts: 1, quick: 0 } }
  ops: { type: webhook, url: "${url}/ops", format: cloudevents }
routes:
  - { name: all, to: [finance, written, hr, secure, lake, rest, bearer, desk, chat] }
  - { name: one, match: { instance_code: "\${MATCHED}", note: [{ prefix: "\${MATCHED}" }] }, to: [ops] }
  - { name: two, match: { operate: READ, note: [{ anything-but: "\${MATCHED}" }] }, to: [ops] }
redact: [user_id, open_id, note]
alerts: { to: [ops] }
`
}

const LOUD = `export default {
  type: 'loud',
  options: { type: 'object', properties: {
    webhook_url: { type: 'string', secret: true }, key: { type: 'string', secret: true }, fails: { type: 'boolean' } } },
  open({ webhook_url, key, fails }) {
    const say = (event) => new Error('cannot post to ' + webhook_url + ' with ' + key + ': ' + (event?.data.operate === 'READ' ? event.raw : ''))
    if (fails) throw say()
    return { async deliver(event) { throw say(event) } }
  },
  preview(event, { webhook_url, key }) { throw new Error('cannot preview ' + webhook_url + ' with ' + key) },
}
`

/** What each path of the receiver says on top of what it got. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  finance: [ENV.URL_KEY, ENV.URL_PASSWORD, ENV.HOOK_SECRET, ENV.HOOK_NEXT, ENV.API_KEY],
  written: [WRITTEN.password, WRITTEN.query, WRITTEN.signing],
  hr: [ENV.HR_TOKEN, ENV.HR_KEY],
}

/** Finance quotes the event as well: of an answer that tells what is redacted people see nothing. */
function echo(receiver: Receiver): void {
  receiver.answerWith((response, { path, headers, body }) => {
    const name = /\w+/.exec(path)?.[0] ?? ''
    const { authorization = '', 'x-key': apiKey = '' } = headers
    const event = name === 'finance' ? [HIDDEN.user_id, body] : []
    const said = ['you said', ...(SAID[name] ?? []), path, authorization, apiKey, ...event]
    response.writeHead(name === 'ops' ? 200 : 500).end(said.join(' '))
  })
}

async function openFull() {
  const receiver = await openReceiver()
  echo(receiver)
  const text = routesOf(receiver.url)
  const folder = await openFolder({ 'routes.yaml': text, 'plugins/loud.js': LOUD })
  const log = recordingLog()
  const { proxies, tokens } = readEnvironment(ENV)
  const read = () => readConfigFile({ file: `${folder.path}/routes.yaml`, env: ENV })
  const runtime = createNodeRuntime({ folder: folder.path, log, proxies })
  const store = openMemoryStore()
  const feed = createFeed()
  let plan: Plan = await linkFile(await read(), runtime)
  const seen = { plan: () => plan, status: () => gateway.status(), wake: () => gateway.wake('now') }
  const more = { feed, pages: await loadPages(), metrics: async () => '' }
  const admin = openAdmin({ tokens, runtime, ledger: store, ...seen, ...more })
  const gateway = createGateway({ plan, store, runtime, feed, admin: admin.app, wakeAt() {} })
  const { reload } = createReload(feed, log, async (readFile) => {
    plan = await linkFile(await readFile(), runtime, plan)
  })
  onTestFinished(async () => {
    admin.close()
    await gateway.close()
    await runtime.close()
    await folder[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
  })
  return {
    app: admin.app,
    store,
    gateway,
    receiver,
    plan: () => plan,
    async post(operate: string, event: object = {}) {
      const fields = { ...HIDDEN, operate, form: `[{"open_id":"${HIDDEN.open_id}"}]`, ...event }
      const message = await sealed(callbackOf(fields), ENV.KEY_NEW, ENV.TOKEN_NEW)
      const init = { method: 'POST', ...message }
      const answer = await gateway.fetch(new Request('http://x/webhook/event', init))
      expect(answer.status).toBe(200)
    },
    async reject(change: (text: string) => string) {
      await folder.write('routes.yaml', change(text))
      await reload(read)
    },
  }
}

/** Notes in which answers a secret is. */
function createScan() {
  const found = new Set<string>()
  const texts: string[] = []
  return {
    found,
    texts,
    scan(place: string, text: string, headers = new Headers()): void {
      const all = `${text} ${JSON.stringify([...headers])}`
      texts.push(text)
      for (const secret of SECRETS) {
        if (all.includes(secret)) found.add(`${secret} in ${place}`)
      }
    },
  }
}

type Scan = ReturnType<typeof createScan>

/** Reads a stream along. */
async function follow(app: Hono, path: string, headers: Record<string, string>) {
  const answer = await app.request(path, { headers })
  const reader = answer.body?.getReader()
  const chunks: string[] = []
  const reading = (async () => {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
      chunks.push(new TextDecoder().decode(read.value))
  })()
  onTestFinished(async () => {
    await reader?.cancel()
    await reading
  })
  return () => chunks.join('')
}

const bearer = { Authorization: `Bearer ${ENV.ADMIN_TOKEN}`, 'Content-Type': 'application/json' }

/** Every answer of the API, as its own description lists them. */
async function scanApi(app: Hono, values: Values, { scan }: Scan): Promise<void> {
  const { paths } = Object(
    await (await app.request('/api/openapi.json', { headers: bearer })).json(),
  )
  for (const [path, methods] of Object.entries<object>(paths)) {
    if (path === '/api/stream') continue
    for (const method of Object.keys(methods)) {
      const bodies = method === 'post' ? bodiesOf(path, values) : [undefined]
      for (const address of filled(path, values)) {
        for (const body of bodies) {
          const init = { method, headers: bearer, ...(body && { body: JSON.stringify(body) }) }
          const query = path === '/api/explain' ? '?previews=true' : ''
          const answer = await app.request(address + query, init)
          expect([address, answer.status]).toEqual([address, 200])
          scan(`${method} ${address}`, await answer.text(), answer.headers)
        }
      }
    }
  }
}

/** What each POST is asked; one that is new has to be added. */
function bodiesOf(path: string, { ref = [] }: Values): readonly object[] {
  const bodies: Readonly<Record<string, readonly object[]>> = {
    '/api/deliveries/retry': [{ filter: {}, dry_run: true }],
    '/api/replay': [{ since: 0, until: Date.now() + 1000, dry_run: true }],
    '/api/sinks/{name}/pause': [{}],
    '/api/sinks/{name}/resume': [{}],
    '/api/sinks/{name}/discard': [{}],
    '/api/explain': ref.map((one) => ({ ref: one })),
  }
  const known = bodies[path]
  if (!known) throw new Error(`${path}: say what it is to be asked`)
  return known
}

type Browser = ReturnType<typeof createBrowser>

/** Every page: all that the app has, and all that links lead to from there. */
async function scanPages(app: Hono, browser: Browser, values: Values, { scan }: Scan) {
  const own = pathsOf(app, 'GET').filter((path) => path.startsWith('/console'))
  const queue = own
    .filter((path) => path !== '/console/stream')
    .flatMap((path) => filled(path, values))
  const forms = new Map<
    string,
    { readonly fields: Record<string, string>; readonly from: string }
  >()
  for (const address of queue) {
    const { status, text, headers } = await browser.get(address)
    expect([address, [200, 303]]).toEqual([address, expect.arrayContaining([status])])
    scan(address, text, headers)
    queue.push(...linksIn(text).filter((link) => !queue.includes(link)))
    for (const { action, fields } of formsIn(text, address))
      forms.set(action, { fields, from: address })
  }
  return { forms, visited: queue }
}

test('no secret and no redacted value is on any page, in any answer of the API or in a stream', async () => {
  const full = await openFull()
  const { app, store, gateway } = full
  const scan = createScan()
  const browser = createBrowser(app)
  await browser.logIn(ENV.ADMIN_TOKEN)
  const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
  const news = await follow(app, '/api/stream', bearer)
  const rows = await follow(app, '/console/stream', { cookie })

  await full.post('CREATE')
  await full.post('READ', { instance_code: ENV.MATCHED.replace('secret', 'public') })
  await full.post('SHRED', { approval_code: 5 })
  await gateway.drain()
  expect(full.receiver.requests.length).toBeGreaterThan(8)
  expect(await store.backlog()).toContainEqual(
    expect.objectContaining({ sink: 'finance', dead: 2 }),
  )
  const { items } = await store.events({ order: 'newest first', limit: 100 })
  const ref = items.map((one) => one.ref)
  const values = { ref, id: ref, name: [...full.plan().sinks.keys()] }
  // Alerts are among them.
  expect(items.some(({ event }) => event.type.startsWith('lark-fanout.'))).toBe(true)

  const sent = new Set<string>()
  for (const language of ['en', 'zh']) {
    await browser.get(`/console?lang=${language}`)
    const { forms } = await scanPages(app, browser, values, scan)
    for (const action of await submitAll(browser, forms, scan)) sent.add(action)
  }
  // The second time what the first has paused is resumed.
  const posts = pathsOf(app, 'POST').filter((path) => /^\/console(?!\/log)/.test(path))
  expect(posts.filter((path) => ![...sent].some((action) => isAt(path, action)))).toEqual([])
  await scanApi(app, values, scan)
  await scanRejections(full, browser, scan)
  // They are told together, a little later.
  const rejections = () => news().match(/event: config/g)
  await expect.poll(rejections).toHaveLength(3)
  expect(news()).toContain('event: attempt')
  expect(rows()).toContain('event: row')
  scan.scan('/api/stream', news())
  scan.scan('/console/stream', rows())

  expect([...scan.found]).toEqual([])
  // What came from receivers, and from the file, was there to be seen.
  const all = scan.texts.join('\n')
  for (const sign of ['you said', 'cannot post to', 'cannot preview', '[redacted]'])
    expect(all).toContain(sign)
  const references = Object.keys(ENV).filter((name) => !/^(ADMIN|VIEWER)_|PROXY/.test(name))
  const ofSources = /^(TOKEN|KEY|APP|LONG)_/
  const unseen = references.filter((name) => !ofSources.test(name) && !all.includes(`\${${name}}`))
  expect(unseen).toEqual([])
})

/** Every form that changes something, once, and what it answers. */
async function submitAll(
  browser: Browser,
  forms: Awaited<ReturnType<typeof scanPages>>['forms'],
  { scan }: Scan,
): Promise<readonly string[]> {
  const actions = [...forms.keys()].filter((action) => action !== '/console/logout')
  for (const action of actions) {
    const { fields = {}, from = action } = forms.get(action) ?? {}
    const given = { ...fields, event: JSON.stringify(callbackOf(HIDDEN)), name: 'lake' }
    const answer = await browser.submit(action, given, from)
    expect([action, answer.status]).not.toEqual([action, 403])
    // What somebody has typed stays in the box.
    const shown = answer.text.replace(/<textarea.*?<\/textarea>/s, '')
    scan(`POST ${action}`, shown, answer.headers)
    if (answer.location) scan(answer.location, (await browser.get(answer.location)).text)
  }
  return actions
}

/** A file that is rejected for what stands beside its secrets, and one whose plugin says its own as it opens. */
async function scanRejections(
  { app, reject }: Awaited<ReturnType<typeof openFull>>,
  browser: Browser,
  { scan, texts }: Scan,
): Promise<void> {
  const changes = [
    (text: string) =>
      text
        .replace(`secret: ${WRITTEN.signing}`, `secret: [${WRITTEN.signing}, ${WRITTEN.query}]`)
        .replace(`X-Written: ${WRITTEN.header}`, `"X Written": ${WRITTEN.header}`)
        .replace('order_by:', 'oder_by:')
        .replace('to: [ops]', `to: ["\${API_KEY}"]`),
    (text: string) => text.replace('{ type: loud,', '{ type: loud, fails: true,'),
    (text: string) => `${text}  - { name: "${WRITTEN.header}: [\n`,
  ]
  for (const change of changes) {
    await reject(change)
    for (const path of ['/console/problems', '/console']) {
      const { text } = await browser.get(path)
      scan(path, text)
    }
    expect(texts.at(-2)).toMatch(/被拒绝/)
    const answer = await app.request('/api/audit', { headers: bearer })
    scan('audit', await answer.text())
  }
}
