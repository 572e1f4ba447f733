import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openReceiver, type Receiver, status } from '../receiver.ts'
import { callbackOf, openFolder, post, run } from '../serve.ts'
import type { Workerd } from '../workerd.ts'
import { ADMIN_TOKEN, ask, type Built, buildWorker } from './edge.ts'

/** Each sink gets what names it as its user. */
const ROUTES = `sinks:
  plain: { type: webhook, url: "\${RECEIVER}/plain", secret: "\${SECRET}", retry: { attempts: 1, quick: 0 } }
  hung: { type: webhook, url: "\${RECEIVER}/hung", concurrency: 16, timeout: 1s, breaker: { failures: 100 }, retry: { attempts: 1, quick: 0 } }
  moved: { type: webhook, url: "\${RECEIVER}/moved", retry: { attempts: 1, quick: 0 } }
  ordered: { type: webhook, url: "\${RECEIVER}/ordered", format: data, order_by: instance_code, retry: { schedule: [1s, 1s], quick: 0 } }
  paced: { type: webhook, url: "\${RECEIVER}/paced", rate_limit: 10/s }
  broken: { type: webhook, url: "\${RECEIVER}/broken", breaker: { failures: 2, cooldown: 1h }, retry: { initial: 200ms, quick: 0 } }
  shaped: { type: webhook, url: "\${RECEIVER}/shaped", format: data, transform: '($f := function($x) { $f($x) }; operate = "READ" ? $f(1) : { "words": $split(note, /\\s+/), "code": $base64encode("a") })' }
routes:
${['plain', 'hung', 'moved', 'ordered', 'paced', 'broken', 'shaped'].map((name) => `  - { name: ${name}, match: { user_id: ${name} }, to: [${name}] }`).join('\n')}
`

/** What a team has beside it, and a schema in place of the gateway's own. */
const BESIDE = {
  'routes.d/team.yaml': `sinks: { team: { type: webhook, url: "\${RECEIVER}/team", format: data } }
routes: [{ name: team, match: { user_id: team }, to: [team] }]
`,
  'cc.json': JSON.stringify({
    type: 'object',
    properties: { amount: { $ref: '#/definitions/amount' } },
    definitions: { amount: { type: 'number', maximum: 10 } },
  }),
}
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

let built: Built
let receiver: Receiver
let gateway: Workerd

beforeAll(async () => {
  built = await buildWorker(`${ROUTES}schemas: { approval_cc: ./cc.json }\n`, BESIDE)
  receiver = await openReceiver()
  gateway = await built.start(receiver.url, { bindings: { SECRET } })
})

afterAll(async () => {
  await gateway?.close()
  await receiver?.[Symbol.asyncDispose]()
  await built?.[Symbol.asyncDispose]()
})

/** Calls back for a sink, and gives the event's id once it is accepted. */
async function send(sink: string, event: object = {}): Promise<string> {
  const callback = callbackOf({ ...event, user_id: sink })
  expect(await post(gateway.url, callback)).toBe('200 accepted')
  return callback.uuid
}

const requestsAt = (path: string) => receiver.requests.filter((request) => request.path === path)

/** The delivery of an event, once it has come to an end. */
async function ended(event: string) {
  const delivery = async () => (await ask(gateway.url, `events/${event}`)).deliveries[0]
  await expect.poll(async () => (await delivery()).state).not.toBe('pending')
  return delivery()
}

function sinkNamed(name: string, { items }: { readonly items: readonly { name: string }[] }) {
  return Object(items.find((sink) => sink.name === name))
}

describe('deliveries from a worker', () => {
  test('arrive at once, signed', async () => {
    const id = await send('plain')
    await expect.poll(() => requestsAt('/plain').length).toBe(1)
    const [request] = requestsAt('/plain')
    expect(request?.headers).toMatchObject({
      'webhook-id': id,
      'webhook-signature': expect.stringMatching(/^v1,/),
    })
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ uuid: id, token: '' })
    expect(await ended(id)).toMatchObject({ state: 'delivered', attempts: 1 })
  })

  test('go by a team’s file as well, and by a schema that routes.yaml names', async () => {
    await send('team', { amount: 10 })
    await expect.poll(() => requestsAt('/team').length).toBe(1)
    const tooMuch = callbackOf({ user_id: 'team', amount: 11 })
    expect(await post(gateway.url, tooMuch)).toBe('200 quarantined')
    const { problems } = await ask(gateway.url, `events/${tooMuch.uuid}`)
    expect(problems).toEqual(['amount: must be <= 10'])
  })

  test('are what a transform gives, and end where it never would', async () => {
    await ended(await send('shaped', { note: 'cc  to you' }))
    const [request] = requestsAt('/shaped')
    const words = ['cc', 'to', 'you']
    expect(JSON.parse(request?.body ?? '')).toEqual({ words, code: 'YQ==' })
    const { state, reason } = await ended(await send('shaped', { operate: 'READ' }))
    expect([state, reason]).toEqual([
      'dead',
      expect.stringContaining('its transform takes too long'),
    ])
  })

  test('of a sink that hangs hold up no other, and time out by themselves', async () => {
    let brokenOff = 0
    receiver.answerWith((response, { path }) => {
      if (path === '/hung') response.once('close', () => brokenOff++)
      else response.end()
    })
    const hung = await Promise.all(Array.from({ length: 16 }, () => send('hung')))
    const quick = await send('plain')
    await ended(quick)
    await expect.poll(() => requestsAt('/hung').length).toBe(16)
    for (const id of hung) {
      const { state, reason, history } = await ended(id)
      expect([state, reason]).toEqual(['dead', expect.stringContaining('no answer within 1000 ms')])
      expect(history[0].duration_ms).toBeGreaterThanOrEqual(990)
      expect(history[0].duration_ms).toBeLessThan(5000)
    }
    await expect.poll(() => brokenOff).toBe(16)
  })

  test('follow no redirect, and keep the beginning of an answer', async () => {
    receiver.answerWith(status(302, { Location: '/elsewhere' }, 'x'.repeat(100_000)))
    const { state, history } = await ended(await send('moved'))
    expect([state, history[0].status]).toEqual(['dead', 302])
    expect(history[0].response).toHaveLength(16 * 1024)
    expect(requestsAt('/elsewhere')).toEqual([])
  })

  test('with one order key go one at a time', async () => {
    receiver.answerWith(status(503), status(200))
    const first = await send('ordered', { instance_code: 'a', id: 'first' })
    await expect.poll(() => requestsAt('/ordered').length).toBe(1)
    const rest = [
      await send('ordered', { instance_code: 'a', id: 'second' }),
      await send('ordered', { instance_code: 'b', id: 'other' }),
    ]
    for (const id of [first, ...rest]) await ended(id)
    const arrived = requestsAt('/ordered').map(({ body }) => JSON.parse(body).id)
    expect(arrived.filter((id) => id !== 'other')).toEqual(['first', 'first', 'second'])
    expect(arrived.slice(0, 2)).toEqual(['first', 'other'])
  })

  test('keep to a rate', async () => {
    const times: number[] = []
    receiver.answerWith((response) => {
      times.push(Date.now())
      response.end()
    })
    for (const id of await Promise.all(Array.from({ length: 6 }, () => send('paced')))) {
      await ended(id)
    }
    expect(times).toHaveLength(6)
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(350)
  })

  test('spare a sink that keeps failing', async () => {
    receiver.answerWith(status(500))
    for (let count = 0; count < 3; count++) await send('broken')
    const sink = async () => sinkNamed('broken', await ask(gateway.url, 'sinks'))
    await expect.poll(async () => (await sink()).breaker).toBe('open')
    expect(await sink()).toMatchObject({ name: 'broken', backlog: 3, in_flight: 0 })
  })
})

test('strangers who announce large bodies and send none keep nobody out', async () => {
  const { hostname, port } = new URL(gateway.url)
  const head = 'POST /webhook/event HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1048576\r\n\r\n{'
  const strangers = Array.from({ length: 64 }, () => connect(Number(port), hostname))
  const sent = strangers.map((socket) => new Promise((resolve) => socket.write(head, resolve)))
  await Promise.all(sent)
  receiver.answerWith(status(200))
  await ended(await send('plain', { comment: 'x'.repeat(500_000) }))
  for (const socket of strangers) socket.destroy()
})

describe('operators of a worker', () => {
  const admin = (headers: Record<string, string>) =>
    fetch(`${gateway.url}/api/sinks`, { headers }).then((response) => response.status)

  test('need the token, and guesses are counted by the address that the platform gives', async () => {
    const guess = { Authorization: 'Bearer wrong', 'CF-Connecting-IP': '192.0.2.1' }
    expect(await admin({})).toBe(401)
    const guesses = await Promise.all(Array.from({ length: 10 }, () => admin(guess)))
    expect(guesses).toEqual(Array(10).fill(401))
    expect(await admin({ ...guess, Authorization: `Bearer ${ADMIN_TOKEN}` })).toBe(429)
    expect(await admin({ Authorization: `Bearer ${ADMIN_TOKEN}` })).toBe(200)
  })

  test('read its metrics', async () => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` }
    const metrics = await (await fetch(`${gateway.url}/metrics`, { headers })).text()
    expect(metrics).toContain('lark_fanout_deliveries_total{sink="plain",result="delivered"}')
    expect(metrics).toContain('lark_fanout_breaker_open{sink="broken"} 1')
  })

  test('find dead letters and retry them, by the same commands as elsewhere', async () => {
    await using folder = await openFolder({})
    const command = (...args: string[]) =>
      run(folder, [...args, '--url', gateway.url], { env: { ADMIN_TOKEN } })
    receiver.answerWith(status(500))
    const id = await send('plain')
    expect(await ended(id)).toMatchObject({ state: 'dead' })
    const listed = await command(
      'deliveries',
      'list',
      '--sink',
      'plain',
      '--state',
      'dead',
      '--json',
    )
    const dead = listed.stdout.trim().split('\n')
    expect(dead.map((line) => JSON.parse(line).event)).toEqual([id])
    receiver.answerWith(status(200))
    const retried = await command('retry', '--sink', 'plain', '--yes')
    expect([retried.code, retried.stderr]).toEqual([0, ''])
    await expect.poll(async () => (await ended(id)).state).toBe('delivered')
    const events = await command('events', 'list', '--q', id)
    expect(events.stdout).toContain(id)
  })
})

describe('a worker', () => {
  test('without a variable refuses everything, says what it lacks, and loses nothing', async () => {
    const bindings = { SECRET: undefined, FEISHU_ENCRYPT_KEY: undefined, LOG_LEVEL: 'loud' }
    const closed = await built.start(receiver.url, { bindings })
    const at = (path: string) => fetch(closed.url + path)
    expect((await at('/healthz')).status).toBe(200)
    for (const path of ['/readyz', '/api/sinks', '/nowhere']) {
      const response = await at(path)
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '15'])
    }
    expect(await post(closed.url, callbackOf())).toBe('503')
    const [line = ''] = closed.logged
    for (const name of ['SECRET', 'FEISHU_ENCRYPT_KEY', 'LOG_LEVEL']) expect(line).toContain(name)
    await closed.close()
  })

  test('without ADMIN_TOKEN has no API', async () => {
    const open = await built.start(receiver.url, { bindings: { SECRET, ADMIN_TOKEN: undefined } })
    expect((await fetch(`${open.url}/api/sinks`)).status).toBe(404)
    expect((await fetch(`${open.url}/metrics`)).status).toBe(200)
    await open.close()
  })

  test('sends nothing anywhere for a stranger', async () => {
    const { port } = new URL(receiver.url)
    const headers = { Host: `127.0.0.1:${port}`, 'CF-Worker': 'x' }
    const response = await fetch(`${gateway.url}/for-a-stranger`, { method: 'POST', headers })
    expect(response.status).toBe(404)
    expect(requestsAt('/for-a-stranger')).toEqual([])
  })
})
