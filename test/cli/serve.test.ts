import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { openReceiver } from '../receiver.ts'
import { callbackOf, FEISHU, KEY, openFolder, post, sealed, sealedText, serve } from '../serve.ts'

const MIB = 1024 * 1024

const NO_SINKS = `${FEISHU}sinks:\n  out: { type: log }\nroutes:\n  - { name: all, to: [out] }\n`

describe('every row of the HTTP table', async () => {
  const folder = await openFolder({ 'routes.yaml': NO_SINKS })
  const gateway = await serve(folder)
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })
  const send = (path: string, init: RequestInit = {}) => fetch(`${gateway.url}${path}`, init)
  const callback = (body: string, headers: Record<string, string> = {}) =>
    send('/webhook/event', { method: 'POST', body, headers })

  test('another path is a 404', async () => {
    const answer = await send('/elsewhere', { method: 'POST' })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: 404, title: 'Not Found' })
  })

  test.each([
    ['GET', '/webhook/event', 'POST'],
    ['PUT', '/webhook/event', 'POST'],
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['POST', '/readyz', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
  ])('%s %s is a 405', async (method, path, allow) => {
    const answer = await send(path, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
  })

  test('a body over 1 MiB is a 413, its length declared or not', async () => {
    const declared = await callback(' '.repeat(MIB + 1))
    expect(declared.status).toBe(413)
    const chunks = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(64 * 1024))
      },
    })
    const streamed = await chunkedStatus(gateway.url, chunks)
    expect(streamed).toBe(413)
  })

  test('a body of exactly 1 MiB is read', async () => {
    expect((await callback(`{${' '.repeat(MIB - 2)}}`)).status).toBe(401)
  })

  test.each([
    ['nothing', ''],
    ['no JSON', 'approval'],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['200,000 open brackets', '['.repeat(200_000)],
    ['200,000 nested brackets', '['.repeat(200_000) + ']'.repeat(200_000)],
  ])('%s is a 400', async (_, body) => {
    expect((await callback(body)).status).toBe(400)
  })

  test('url_verification is answered without a signature, within a second', async () => {
    const challenge = { challenge: 'c1', type: 'url_verification', token: '' }
    const { body } = await sealed(challenge)
    const startedAt = performance.now()
    const answer = await callback(body)
    expect(await answer.json()).toEqual({ challenge: 'c1' })
    expect(answer.status).toBe(200)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  test('whatever is not authentic is one and the same 401', async () => {
    const { headers, body } = await sealed(callbackOf())
    const unsigned = await callback(body)
    const forged = await sealed(callbackOf(), 'a guess')
    const wrongToken = await sealed(callbackOf(), KEY, 'wrong')
    const challenge = { challenge: 'c1', type: 'url_verification', token: '' }
    const wrongChallenge = await sealed(challenge, KEY, 'wrong')
    const answers = [
      unsigned,
      await callback(`${body} `, headers),
      await callback(forged.body, forged.headers),
      await callback(wrongToken.body, wrongToken.headers),
      await callback(wrongChallenge.body),
      await callback(JSON.stringify(callbackOf())),
      await callback('{"encrypt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}'),
      await callback('{"encrypt":7}'),
      await callback(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
    ]
    const seen = await Promise.all(
      answers.map(async (each) => [each.status, await each.text()].join(' ')),
    )
    expect(new Set(seen).size).toBe(1)
    expect(seen[0]).toMatch(/^401 .*not authentic/)
  })

  test('an authentic event is accepted, and a duplicate the second time', async () => {
    const event = callbackOf()
    expect(await post(gateway.url, event)).toBe('200 accepted')
    expect(await post(gateway.url, event)).toBe('200 duplicate')
    expect(
      await post(gateway.url, { ...event, event: callbackOf({ app_id: 'cli_2' }).event }),
    ).toBe('200 accepted')
  })

  test('the answer is the one that the contract names', async () => {
    const message = await sealed(callbackOf())
    const answer = await callback(message.body, message.headers)
    expect(await answer.json()).toEqual({ code: 0, msg: 'accepted' })
  })

  test('an event older than its identity is remembered is a duplicate', async () => {
    const day = 24 * 60 * 60
    const ts = (days: number) => String(Date.now() / 1000 - days * day)
    expect(await post(gateway.url, callbackOf({}, { ts: ts(31) }))).toBe('200 duplicate')
    expect(await post(gateway.url, callbackOf({}, { ts: ts(29) }))).toBe('200 accepted')
  })

  test('a type that is not accepted is ignored', async () => {
    expect(await post(gateway.url, callbackOf({ type: 'approval_task' }))).toBe('200 ignored')
  })

  test.each([
    ['an unknown operate', callbackOf({ operate: 'DELETE' })],
    ['no operate', callbackOf({ operate: undefined })],
    ['no id', callbackOf({}, { uuid: undefined })],
    ['no event', callbackOf({}, { event: undefined })],
    ['an event nested 200,000 deep', callbackOf({ deep: 'DEEP' })],
  ])('authentic, but with %s: quarantined', async (_, event) => {
    const text = JSON.stringify(event).replace(
      '"DEEP"',
      `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    )
    const message = await sealedText(text)
    const answer = await callback(message.body, message.headers)
    expect([answer.status, await answer.json()]).toEqual([200, { code: 0, msg: 'quarantined' }])
  })

  test('health, readiness and metrics', async () => {
    expect(await (await send('/healthz')).json()).toEqual({ status: 'ok' })
    expect(await (await send('/readyz')).json()).toEqual({ status: 'ready' })
    const metrics = await (await send('/metrics')).text()
    expect(metrics).toMatch(
      /lark_fanout_events_total\{source="feishu",type="approval_cc",result="accepted"\} \d/,
    )
    expect(metrics).toMatch(
      /lark_fanout_events_total\{source="feishu",type="",result="rejected"\} \d/,
    )
    for (const name of [
      'accept_seconds_count',
      'deliveries_total{sink="out",result="delivered"}',
      'delivery_seconds_count{sink="out"}',
      'backlog{sink="out"}',
      'oldest_pending_seconds{sink="out"}',
      'dead{sink="out"}',
    ]) {
      expect(metrics).toContain(`lark_fanout_${name}`)
    }
  })

  test('a client that sends a byte a second holds nobody up', async () => {
    const slow = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    slow.write('POST /webhook/event HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{')
    const startedAt = performance.now()
    for (let count = 0; count < 20; count++) {
      expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
    }
    expect(performance.now() - startedAt).toBeLessThan(2000)
    slow.destroy()
  })
})

/** Streams without a declared length until the gateway answers. */
function chunkedStatus(url: string, stream: ReadableStream<Uint8Array>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/webhook/event`, { method: 'POST' }, (answer) => {
      resolve(answer.statusCode ?? 0)
      outgoing.destroy()
    })
    outgoing.on('error', reject)
    void (async () => {
      for await (const chunk of stream) {
        if (outgoing.destroyed) return
        if (!outgoing.write(chunk)) {
          await new Promise((drained) => outgoing.once('drain', drained))
        }
      }
    })()
  })
}

test('HTTP/1.0 without a host is answered, as load balancers ask', async () => {
  await using folder = await openFolder({ 'routes.yaml': NO_SINKS })
  await using gateway = await serve(folder)
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  socket.end('GET /healthz HTTP/1.0\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
})

test('a plugin that never opens, or opens to nothing, is a problem of the file', async () => {
  const plugin = (type: string, open: string) =>
    `import { defineSink } from 'lark-fanout'
export default defineSink({ type: '${type}', options: { type: 'object' }, open: ${open} })
`
  await using folder = await openFolder({
    'routes.yaml': NO_SINKS,
    'plugins/never.ts': plugin('never', '() => new Promise(() => {})'),
    'plugins/nothing.ts': plugin('nothing', '() => ({})'),
  })
  await using gateway = await serve(folder)
  await folder.write('routes.yaml', NO_SINKS.replace('type: log', 'type: nothing'))
  await gateway.logged('must return { deliver }')
  await folder.write('routes.yaml', NO_SINKS.replace('type: log', 'type: never'))
  await gateway.logged('not within 5 s')
  await folder.write('routes.yaml', `${NO_SINKS}# good again\n`)
  await gateway.logged('reloaded')
})

test('with ADMIN_PORT the metrics are on that port alone, with ADMIN_TOKEN for its bearer alone', async () => {
  await using folder = await openFolder({ 'routes.yaml': NO_SINKS })
  const token = 'a token of the operators'
  await using gateway = await serve(folder, { ADMIN_PORT: '0', ADMIN_TOKEN: token })
  const statusOf = async (url: string, headers: Record<string, string> = {}) =>
    (await fetch(`${url}/metrics`, { headers })).status
  expect(gateway.adminUrl).not.toBe(gateway.url)
  expect(await statusOf(gateway.url, { Authorization: `Bearer ${token}` })).toBe(404)
  expect(await statusOf(gateway.adminUrl)).toBe(401)
  expect(await statusOf(gateway.adminUrl, { Authorization: 'Bearer guess' })).toBe(401)
  expect(await statusOf(gateway.adminUrl, { Authorization: `Bearer ${token}` })).toBe(200)
  expect(await statusOf(gateway.adminUrl, { Authorization: `bearer ${token}` })).toBe(200)
})

test('a plugin that throws, hangs, rejects unawaited or keeps timers harms nobody else', async () => {
  await using receiver = await openReceiver()
  const plugin = `import { defineSink } from 'lark-fanout'
export default defineSink({
  type: 'bad',
  options: { type: 'object', properties: { how: { type: 'string' } } },
  open({ how }) {
    setInterval(() => {}, 1000)
    return {
      deliver() {
        if (how === 'throws') throw new Error('thrown')
        if (how === 'stray') Promise.reject(new Error('stray'))
        if (how === 'late') setTimeout(() => { throw new Error('late') })
        return how === 'hangs' ? new Promise(() => {}) : new Promise((done) => setTimeout(done, 100))
      },
    }
  },
})
`
  const hows = ['throws', 'stray', 'late', 'hangs']
  const sinks = hows.map((how) => `  ${how}: { type: bad, how: ${how}, timeout: 200ms }\n`)
  const routes = `${FEISHU}sinks:
  good: { type: webhook, url: "${receiver.url}" }
${sinks.join('')}routes: [{ name: all, to: [good, ${hows}] }]
`
  await using folder = await openFolder({ 'routes.yaml': routes, 'plugins/bad.ts': plugin })
  await using gateway = await serve(folder)
  for (let count = 0; count < 5; count++) await post(gateway.url, callbackOf())
  await expect.poll(() => receiver.requests.length).toBe(5)
  await gateway.logged('"error":"late"')
  await gateway.logged('"error":"stray"')
  await expect
    .poll(async () => (await fetch(`${gateway.url}/metrics`)).text())
    .toMatch(/deliveries_total\{sink="hangs",result="failed"\} 5/)
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  for (const how of ['stray', 'late']) {
    expect(metrics).toContain(`deliveries_total{sink="${how}",result="failed"} 5`)
    expect(metrics).not.toContain(`deliveries_total{sink="${how}",result="delivered"}`)
  }
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
})
