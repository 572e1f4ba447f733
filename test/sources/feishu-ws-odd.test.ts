import { expect, test } from 'vitest'
import { DATA } from '../../src/feishu/frames.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { probeConnection } from '../../src/sources/feishu-ws/probe.ts'
import { openForwardProxy } from '../forward-proxy.ts'
import { silentLog } from '../log.ts'
import { openReceiver, status } from '../receiver.ts'
import { APP } from '../simulator/app.ts'
import { trustOwnAuthority } from '../trust.ts'
import { openConnected, openFeishu, sourceAt } from './connected.ts'
import { openOddFeishu } from './odd-feishu.ts'

trustOwnAuthority()

const soon = { timeout: 20_000, interval: 5 }
const open = new AbortController().signal

test.each(['directly', 'by a proxy'])('it connects over wss, %s', async (way) => {
  await using feishu = await openOddFeishu({ isSecure: true })
  await using proxy = await openForwardProxy({ port: feishu.port })
  const https = way === 'by a proxy' ? proxy.url : undefined
  await using gateway = await openConnected({
    sources: [`ws: ${sourceAt(feishu.url)}`],
    proxies: { http: undefined, https, none: '' },
    hosts: ['receiver.test'],
  })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  await expect.poll(() => feishu.pings.length, soon).toBe(1)
  expect(proxy.asked).toEqual(https ? [`CONNECT receiver.test:${feishu.port}`] : [])
  feishu.reset()
  await expect.poll(() => feishu.pings.length, soon).toBe(2)
  expect(gateway.asked).toHaveLength(2)
})

test('new egress rules close a WebSocket that goes by a proxy', async () => {
  await using feishu = await openFeishu()
  const { port, host } = new URL(feishu.domain)
  await using proxy = await openForwardProxy({ port: Number(port) })
  const proxies = { http: proxy.url, https: undefined, none: '' }
  const sources = [`ws: ${sourceAt(feishu.domain)}`]
  await using gateway = await openConnected({ sources, proxies })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  expect(proxy.asked).toContain(`CONNECT ${host}`)
  gateway.followEgress({ deny: ['127.0.0.1'] })
  await expect.poll(() => feishu.connection.connected(APP.id), soon).toBe(0)
  await expect.poll(() => gateway.log.lines.join(), soon).toContain('egress.deny.0')
  expect(gateway.isConnected()).toBe(false)
})

test('silent death is noticed where pings come faster than their answers may', async () => {
  const config = { ReconnectCount: -1, ReconnectInterval: 1, ReconnectNonce: 1, PingInterval: 0.1 }
  await using feishu = await openFeishu({ connection: { config, ackMs: 20_000 } })
  const timing = { minPingMs: 50, pongMs: 400, retryMs: 10, maxRetryMs: 40 }
  const sources = [`ws: ${sourceAt(feishu.domain)}`]
  await using gateway = await openConnected({ sources, timing })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  feishu.connection.faults.silent = true
  await expect.poll(() => gateway.asked.length, soon).toBeGreaterThan(1)
  feishu.connection.faults.silent = false
  await expect.poll(gateway.isConnected, soon).toBe(true)
  expect(gateway.log.lines.join()).toContain('nothing comes from Feishu any more')
})

test.each([false, true])('a quiet connection is left alone, with TLS: %s', async (isSecure) => {
  await using feishu = await openOddFeishu({ isSecure, PingInterval: 0.1 })
  const timing = { minPingMs: 50, pongMs: 900 }
  const sources = [`ws: ${sourceAt(feishu.url)}`]
  await using gateway = await openConnected({ sources, timing, hosts: ['receiver.test'] })
  // Longer than silence would be borne.
  await expect.poll(() => feishu.pings.length, soon).toBeGreaterThan(15)
  expect(gateway.isConnected()).toBe(true)
  expect(gateway.asked).toHaveLength(1)
})

test.each([
  ['without an interval', {}],
  ['of 0', { PingInterval: 0 }],
  ['of less than nothing', { PingInterval: -1 }],
  ['of no number', { PingInterval: 'soon' }],
  ['of more than a timer can hold', { PingInterval: 1e9 }],
])('a pong %s makes no storm of pings, and does not end them', async (_, pong) => {
  await expectSteadyPings({ PingInterval: 0.05, pong })
})

test.each([0, 1e9])('nor does a first answer with an interval of %s', async (PingInterval) => {
  await expectSteadyPings({ PingInterval })
})

async function expectSteadyPings(odd: Parameters<typeof openOddFeishu>[0]): Promise<void> {
  await using feishu = await openOddFeishu(odd)
  const timing = { minPingMs: 50, maxPingMs: 60 }
  const sources = [`ws: ${sourceAt(feishu.url)}`]
  await using gateway = await openConnected({ sources, timing })
  await expect.poll(() => feishu.pings.length, soon).toBeGreaterThan(5)
  const [first = 0, , , , , sixth = 0] = feishu.pings
  expect(sixth - first).toBeGreaterThan(150)
  expect(gateway.isConnected()).toBe(true)
}

const refusedUpgrade = (...headers: string[]) =>
  ['HTTP/1.1 400 No', ...headers, 'Connection: close', '', ''].join('\r\n')

test.each([
  [['Handshake-Status: 403', 'Handshake-Msg: no'], 'Feishu refuses: 403 (no): the app may not'],
  [
    ['Handshake-Status: 514', 'Handshake-Autherrcode: 1000040350', 'Handshake-Msg: exceed limit'],
    'Feishu refuses: 1000040350 (exceed limit): the app has as many',
  ],
])(
  'a WebSocket refused with %s is told with what to do, and asked for in a minute',
  async (headers, words) => {
    await using feishu = await openOddFeishu({ refuseWith: refusedUpgrade(...headers) })
    // It comes again only if it waits as for what people have to mend.
    const timing = { retryMs: 60_000, maxRetryMs: 60_000, refusedMs: 10 }
    const sources = [`ws: ${sourceAt(feishu.url)}`]
    await using gateway = await openConnected({ sources, timing })
    await expect.poll(() => gateway.asked.length, soon).toBeGreaterThan(1)
    expect(gateway.log.lines.join()).toContain(words)
  },
)

test.each([
  [['Handshake-Status: 514', 'Handshake-Msg: ticket expired'], '514 (ticket expired)'],
  [[], 'HTTP 400'],
])('a WebSocket refused with %j is soon asked for again', async (headers, words) => {
  await using feishu = await openOddFeishu({ refuseWith: refusedUpgrade(...headers) })
  const sources = [`ws: ${sourceAt(feishu.url)}`]
  await using gateway = await openConnected({ sources, timing: { refusedMs: 60_000 } })
  await expect.poll(() => gateway.asked.length, soon).toBeGreaterThan(2)
  expect(gateway.log.lines.join()).toContain(`the WebSocket is refused: ${words}`)
})

test('no text of an event reaches the log, though it is broken', async () => {
  const headers = new Map(
    Object.entries({ type: 'event', message_id: 'm1', sum: '1', seq: '0', trace_id: 't1' }),
  )
  const payload = new TextEncoder().encode('{"token":salary; error: secret,"type":"x"}')
  const frame = { seqId: 1, logId: 1, service: 1, method: DATA, headers, payload }
  await using feishu = await openOddFeishu({ frame })
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.url)}`] })
  const said = () => gateway.log.lines.filter((line) => line.includes('the Feishu SDK')).join()
  await expect.poll(said, soon).toContain('failed to merge event fragments, message_id: m1')
  expect(said()).toContain('trace_id: t1')
  expect(said()).not.toMatch(/salary|secret/)
})

test("Feishu's words are cut, printable, and without the secret", async () => {
  await using feishu = await openReceiver()
  const msg = `\u001b[31m${'x'.repeat(285)}${APP.secret}${'y'.repeat(1_000)}`
  feishu.answerWith(status(200, {}, JSON.stringify({ code: 99, msg, data: {} })))
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.url)}`] })
  const said = () => gateway.log.lines.filter((line) => line.includes('cannot connect to Feishu'))
  await expect.poll(said, soon).toHaveLength(1)
  expect(said()[0]).toContain('\\\\u001b[31mxxx')
  expect(said()[0]).not.toContain(APP.secret.slice(0, 4))
  expect(said()[0]?.length).toBeLessThan(500)
})

const probing = (domain: string, proxy?: string) => {
  const proxies = { http: undefined, https: proxy, none: '' }
  const runtime = createNodeRuntime({ folder: '.', log: silentLog, proxies })
  return probeConnection({ appId: APP.id, appSecret: APP.secret, domain }, runtime, open)
}

test('a probe opens the socket, and asks for no WebSocket', async () => {
  await using feishu = await openFeishu()
  expect(await probing(feishu.domain)).toBe('Feishu lets it connect')
  await using secure = await openOddFeishu({ isSecure: true })
  await using proxy = await openForwardProxy({ port: secure.port })
  expect(await probing(secure.url, proxy.url)).toBe('Feishu lets it connect')
  expect(proxy.asked).toEqual([`CONNECT receiver.test:${secure.port}`])
  expect([feishu.connection.connected(APP.id), secure.connected()]).toEqual([0, 0])
})

test('a probe says where the WebSocket cannot be reached', async () => {
  await using secure = await openOddFeishu({ isSecure: true })
  await using proxy = await openForwardProxy({ port: 1, refuseWith: 403 })
  const host = `receiver.test:${secure.port}`
  await expect(probing(secure.url, proxy.url)).rejects.toThrow(
    `${host} cannot be reached: the proxy answered 403`,
  )
  await using bootstrap = await openReceiver()
  const data = { URL: 'ws://127.0.0.1:9/ws?ticket=t', ClientConfig: {} }
  bootstrap.answerWith(status(200, {}, JSON.stringify({ code: 0, msg: '', data })))
  await expect(probing(bootstrap.url)).rejects.toThrow(
    /^127\.0\.0\.1:9 cannot be reached: .*ECONNREFUSED/,
  )
})
