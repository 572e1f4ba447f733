import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReceiver, status } from '../receiver.ts'
import { callbackOf, post } from '../serve.ts'
import { ask, type Built, buildWorker, persistFolder } from './edge.ts'

const ROUTES = `sinks:
  slow: { type: webhook, url: "\${RECEIVER}/slow", format: data, concurrency: 2, retry: { quick: 0 } }
  gone: { type: webhook, url: "\${RECEIVER}/gone", retry: { quick: 0 } }
  down: { type: webhook, url: "\${RECEIVER}/down", retry: { schedule: [500ms, 6s], jitter: 0, quick: 0 } }
  broken: { type: webhook, url: "\${RECEIVER}/broken", breaker: { failures: 2, cooldown: 1h }, retry: { schedule: [500ms, 500ms, 500ms], quick: 0 } }
  paced: { type: webhook, url: "\${RECEIVER}/paced", rate_limit: 15/m }
routes:
${['slow', 'gone', 'down', 'broken', 'paced'].map((name) => `  - { name: ${name}, match: { user_id: ${name} }, to: [${name}] }`).join('\n')}
`

let built: Built
beforeAll(async () => {
  built = await buildWorker(ROUTES)
})
afterAll(() => built?.[Symbol.asyncDispose]())

/** Longer than anything that is owed is waited for: only the pruning wants to be woken as late as that. */
const QUIET_MS = 60_000

/** Between two deliveries of `paced`. */
const PACED_MS = 4_000

const paused = async (url: string) => (await ask(url, 'sinks')).items[1].paused_by

test('a worker that is killed between answer and delivery delivers all of it, unasked', async () => {
  await using receiver = await openReceiver()
  using data = persistFolder()
  const first = await built.start(receiver.url, { persist: data.path })
  receiver.answerWith(status(410))
  expect(await post(first.url, callbackOf({ user_id: 'gone' }))).toBe('200 accepted')
  await expect.poll(() => paused(first.url)).toEqual(['receiver'])
  // What a paused sink is owed wakes nobody.
  await expect.poll(data.alarmIn, { timeout: 20_000 }).toBeGreaterThan(QUIET_MS)

  receiver.answerWith(() => {})
  const ids = Array.from({ length: 10 }, (_, index) => `delivery-${index}`)
  for (const id of ids) {
    expect(await post(first.url, callbackOf({ user_id: 'slow', id }))).toBe('200 accepted')
  }
  expect(data.alarmIn()).toBeLessThan(5_000)
  await expect.poll(() => receiver.requests.length).toBe(3)
  await first.kill()

  receiver.answerWith(status(200))
  // Nobody asks it for anything.
  const second = await built.start(receiver.url, { persist: data.path })
  const arrived = () => receiver.requests.slice(3).map(({ body }) => JSON.parse(body).id)
  await expect.poll(() => arrived().length, { timeout: 20_000 }).toBe(10)
  expect(arrived().sort()).toEqual(ids)

  expect(await paused(second.url)).toEqual(['receiver'])
  await ask(second.url, 'sinks/gone/resume', {})
  await expect.poll(() => receiver.requests.at(-1)?.path).toBe('/gone')
  await second.close()
})

test('retries come when they are due: near ones by a timer, far ones by an alarm', async () => {
  await using receiver = await openReceiver()
  const worker = await built.start(receiver.url)
  const times: number[] = []
  receiver.answerWith((response) => {
    times.push(Date.now())
    response.writeHead(times.length < 3 ? 503 : 200).end()
  })
  expect(await post(worker.url, callbackOf({ user_id: 'down' }))).toBe('200 accepted')
  await expect.poll(() => times.length, { timeout: 20_000 }).toBe(3)
  const [first = 0, second = 0, third = 0] = times
  expect(second - first).toBeGreaterThanOrEqual(490)
  expect(second - first).toBeLessThan(3_000)
  expect(third - second).toBeGreaterThanOrEqual(5_990)
  expect(third - second).toBeLessThan(9_000)
  await worker.close()
})

test('an open breaker and a slow rate go on where workers that were killed have left them', async () => {
  await using receiver = await openReceiver()
  using data = persistFolder()
  const start = () => built.start(receiver.url, { persist: data.path })
  const breaker = async (url: string) => (await ask(url, 'sinks')).items[3].breaker
  const first = await start()
  receiver.answerWith(status(500))
  for (let each = 0; each < 2; each++) {
    expect(await post(first.url, callbackOf({ user_id: 'broken' }))).toBe('200 accepted')
  }
  await expect.poll(() => breaker(first.url)).toBe('open')
  const slotAt = Date.now() + PACED_MS
  expect(await post(first.url, callbackOf({ user_id: 'paced' }))).toBe('200 accepted')
  await first.kill()

  const second = await start()
  expect(await breaker(second.url)).toBe('open')
  expect(await post(second.url, callbackOf({ user_id: 'broken' }))).toBe('200 accepted')
  expect(receiver.requests.map(({ path }) => path)).toEqual(['/broken', '/broken'])
  await second.kill()

  receiver.answerWith(status(200))
  // Nothing runs when its time comes.
  await setTimeout(slotAt - Date.now())
  const startedAt = Date.now()
  const third = await start()
  expect(await breaker(third.url)).toBe('open')
  await expect.poll(() => receiver.requests.length, { interval: 10 }).toBe(3)
  expect(Date.now() - startedAt).toBeLessThan(PACED_MS)
  expect(receiver.requests.at(-1)?.path).toBe('/paced')
  await third.close()
})

test('a source subscribes once, however often the object starts', async () => {
  await using feishu = await openReceiver()
  using data = persistFolder()
  await using subscribing = await buildWorker(`    app_id: cli_a0000000000000ff
    app_secret: "\${APP_SECRET}"
    domain: "\${RECEIVER}"
    subscribe: true
sinks: { console: { type: log } }
routes: [{ name: all, match: { approval_code: [A, B] }, to: [console] }]
`)
  const token = JSON.stringify({ code: 0, tenant_access_token: 'token', expire: 7200 })
  const subscribed = () => feishu.requests.filter(({ path }) => path.endsWith('/subscribe')).length
  const options = { persist: data.path, bindings: { APP_SECRET: 'the-apps-secret' } }
  const start = async () => {
    const worker = await subscribing.start(feishu.url, options)
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200)
    return worker
  }
  // The first start is refused: the next one goes on.
  feishu.answerWith(status(200, {}, '{"code":10003,"msg":"invalid app"}'))
  const refused = await start()
  await expect.poll(() => refused.logged.join()).toContain('invalid app')
  await refused.kill()
  feishu.answerWith(status(200, {}, token))
  const first = await start()
  await expect.poll(subscribed).toBe(2)
  await expect.poll(() => first.logged.join()).toContain('subscribed')
  // Its answer waits for all that was written before: that it has subscribed, too.
  expect(await post(first.url, callbackOf({ approval_code: 'B' }))).toBe('200 accepted')
  await first.kill()
  const asked = feishu.requests.length
  const second = await start()
  expect(await post(second.url, callbackOf({ approval_code: 'A' }))).toBe('200 accepted')
  await expect.poll(() => second.logged.join()).toContain('"msg":"event"')
  expect(feishu.requests).toHaveLength(asked)
  await second.close()
})
