import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { openForwardProxy } from '../forward-proxy.ts'
import { openReceiver, status } from '../receiver.ts'
import { openSecureReceiver } from '../secure-receiver.ts'
import { callbackOf, KEY, sealed, TOKEN } from '../serve.ts'
import { APP } from '../simulator/app.ts'
import { openConnected, openFeishu, sourceAt } from './connected.ts'

const CALLBACKS = `http: { type: feishu, verification_token: "${TOKEN}", encrypt_key: "${KEY}", events: "*" }`

/** A server that sends every client to another address. */
async function openBootstrap(address: string) {
  const receiver = await openReceiver()
  const ClientConfig = {
    ReconnectCount: -1,
    ReconnectInterval: 1,
    ReconnectNonce: 1,
    PingInterval: 1,
  }
  const data = { URL: `${address}?fpid=1&device_id=d&service_id=1`, ClientConfig }
  receiver.answerWith(status(200, {}, JSON.stringify({ code: 0, msg: '', data })))
  return receiver
}

/** Between what Feishu shows and what the gateway sees there is a network. */
const soon = { timeout: 20_000, interval: 5 }

const statuses = ({ attempts }: { attempts: readonly { status?: number | undefined }[] }) =>
  attempts.map(({ status }) => status)

/** A store whose accepts wait until they are let through, or fail. */
function openGatedStore() {
  const store = openMemoryStore()
  const asked: PromiseWithResolvers<void>[] = []
  const gated: Store = {
    ...store,
    async accept(batch, now) {
      const gate = Promise.withResolvers<void>()
      asked.push(gate)
      await gate.promise
      return store.accept(batch, now)
    },
  }
  return { store: gated, asked }
}

test('an event arrives as it was sent', async () => {
  await using feishu = await openFeishu()
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  // The SDK's own dispatcher puts the envelope's type and uuid in place of the event's.
  const sent = callbackOf({
    type: 'approval_instance',
    status: 'APPROVED',
    uuid: 'uuid of the instance',
    operate_time: '1756800000000',
    extra: { nested: [1.5, null, 'ü', ''] },
  })
  expect(statuses(await feishu.emit(JSON.stringify(sent)))).toEqual([200])
  await gateway.gateway.drain()
  const [event] = gateway.delivered
  expect(JSON.parse(event?.raw ?? '')).toEqual(sent)
  expect(event).toMatchObject({
    id: sent.uuid,
    type: 'approval_instance',
    data: sent.event,
    via: 'ws',
  })
  expect(gateway.results).toEqual(['ws accepted'])
})

test('version 2, in pieces', async () => {
  await using feishu = await openFeishu()
  feishu.connection.faults.chunkBytes = 50
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  const header = {
    event_id: 'v2-in-pieces',
    event_type: 'approval.approval.updated_v4',
    create_time: String(Date.now()),
    token: '',
    app_id: APP.id,
    tenant_key: 't1',
  }
  const sent = { schema: '2.0', header, event: { object: { approval_code: 'ü'.repeat(200) } } }
  expect(statuses(await feishu.emit(JSON.stringify(sent)))).toEqual([200])
  await gateway.gateway.drain()
  expect(gateway.delivered).toMatchObject([{ id: 'v2-in-pieces', data: sent.event }])
})

test('an event is acknowledged once it is durable, and not before', async () => {
  await using feishu = await openFeishu()
  const { store, asked } = openGatedStore()
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`], store })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  let acknowledged = false
  const emitting = feishu.emit(JSON.stringify(callbackOf())).finally(() => {
    acknowledged = true
  })
  await expect.poll(() => asked.length, soon).toBe(1)
  // Another event goes there and back meanwhile: an acknowledgement would have come before it.
  const ignored = feishu.emit(JSON.stringify(callbackOf({ type: 'x', instance_code: 'other' })))
  await expect.poll(() => asked.length, soon).toBe(2)
  asked[1]?.resolve()
  await ignored
  expect(acknowledged).toBe(false)
  asked[0]?.resolve()
  expect(statuses(await emitting)).toEqual([200])
})

test('where the store cannot take it, Feishu is told to send it again', async () => {
  await using feishu = await openFeishu()
  const { store, asked } = openGatedStore()
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`], store })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  const emitting = feishu.emit(JSON.stringify(callbackOf()))
  await expect.poll(() => asked.length, soon).toBe(1)
  asked[0]?.reject(new Error('disk full'))
  await expect.poll(() => asked.length, soon).toBe(2)
  asked[1]?.resolve()
  expect(statuses(await emitting)).toEqual([500, 200])
  await gateway.gateway.drain()
  expect(gateway.delivered).toHaveLength(1)
  expect(gateway.results).toEqual(['ws rejected', 'ws accepted'])
})

test('the same event by both transports is one event', async () => {
  await using feishu = await openFeishu()
  await using gateway = await openConnected({
    sources: [CALLBACKS, `ws: ${sourceAt(feishu.domain)}`],
  })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  const callback = callbackOf()
  const post = async () =>
    gateway.gateway.fetch(
      new Request('http://gateway/webhook/event', {
        method: 'POST',
        ...(await sealed(callback)),
      }),
    )
  expect(statuses(await feishu.emit(JSON.stringify(callback)))).toEqual([200])
  expect(await (await post()).json()).toMatchObject({ msg: 'duplicate' })
  const other = callbackOf()
  await gateway.gateway.fetch(
    new Request('http://gateway/webhook/event', { method: 'POST', ...(await sealed(other)) }),
  )
  expect(statuses(await feishu.emit(JSON.stringify(other)))).toEqual([200])
  await gateway.gateway.drain()
  expect(gateway.delivered.map(({ id, via }) => [id, via])).toEqual([
    [callback.uuid, 'ws'],
    [other.uuid, 'http'],
  ])
  expect(gateway.results).toEqual([
    'ws accepted',
    'http duplicate',
    'http accepted',
    'ws duplicate',
  ])
})

test('it connects again when Feishu closes the connection', async () => {
  await using feishu = await openFeishu()
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  feishu.connection.disconnect()
  await expect.poll(() => gateway.asked.length, soon).toBe(2)
  await expect.poll(gateway.isConnected, soon).toBe(true)
  expect(statuses(await feishu.emit(JSON.stringify(callbackOf())))).toEqual([200])
  expect(gateway.log.lines.join()).toContain('the connection to Feishu is lost')
})

test('a connection that has died in silence is noticed, and replaced', async () => {
  const config = { ReconnectCount: -1, ReconnectInterval: 120, ReconnectNonce: 30, PingInterval: 1 }
  await using feishu = await openFeishu({ connection: { config, ackMs: 20_000 } })
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  feishu.connection.faults.silent = true
  await expect.poll(() => gateway.asked.length, soon).toBe(2)
  feishu.connection.faults.silent = false
  await expect.poll(gateway.isConnected, soon).toBe(true)
  await expect.poll(() => feishu.connection.connected(APP.id), soon).toBe(1)
  expect(statuses(await feishu.emit(JSON.stringify(callbackOf())))).toEqual([200])
})

test('a network that is down for long is tried again all the while', async () => {
  const feishu = await openFeishu()
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  await feishu.close()
  await expect.poll(() => gateway.asked.length, soon).toBeGreaterThan(4)
  expect(gateway.isConnected()).toBe(false)
  expect(gateway.log.lines.join()).toContain('ECONNREFUSED')
})

test('a wrong secret is said with what to do, and tried again until it is right', async () => {
  await using feishu = await openFeishu()
  feishu.connection.faults.refuseWith = 514
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  const said = () => gateway.log.lines.filter((line) => line.includes('cannot connect to Feishu'))
  await expect.poll(said, soon).toHaveLength(1)
  expect(said()[0]).toContain('app_id and app_secret do not belong together')
  expect(gateway.asked).toHaveLength(1)
  feishu.connection.faults.refuseWith = 0
  await expect.poll(gateway.isConnected, soon).toBe(true)
  expect(gateway.asked).toHaveLength(2)
  expect(gateway.log.lines.join()).not.toContain(APP.secret)
})

test.each([
  [1, 'Feishu is busy: 1'],
  [1000040343, 'Feishu is busy'],
  [403, 'it must be a custom app'],
  [1000040350, 'end one of the others'],
  [99, 'Feishu refuses: 99 (refused on demand)'],
])('the answer %s is told as it is, and healed by itself', async (code, words) => {
  await using feishu = await openFeishu()
  feishu.connection.faults.refuseWith = code
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  await expect.poll(() => gateway.log.lines.join(), soon).toContain(words)
  feishu.connection.faults.refuseWith = 0
  await expect.poll(gateway.isConnected, soon).toBe(true)
})

test('a reload keeps the connection, and goes by its new event types', async () => {
  await using feishu = await openFeishu()
  const source = `ws: ${sourceAt(feishu.domain)}`
  await using gateway = await openConnected({ sources: [source] })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  await gateway.reload([source.replace('events: "*"', 'events: [approval_task]'), CALLBACKS])
  expect(gateway.isConnected()).toBe(true)
  expect(statuses(await feishu.emit(JSON.stringify(callbackOf())))).toEqual([200])
  expect(gateway.results).toEqual(['ws ignored'])
  expect(gateway.asked).toHaveLength(1)
})

test('a changed secret makes a new connection, and an event under way on the old one is not lost', async () => {
  const apps = [APP, { ...APP, secret: 'the-next-secret' }]
  await using feishu = await openFeishu({ apps })
  const { store, asked } = openGatedStore()
  const sources = [`ws: ${sourceAt(feishu.domain)}`]
  await using gateway = await openConnected({ sources, store })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  const emitting = feishu.emit(JSON.stringify(callbackOf()))
  await expect.poll(() => asked.length, soon).toBe(1)
  await gateway.reload(sources, 'the-next-secret')
  await expect.poll(() => gateway.asked.length, soon).toBe(2)
  asked[0]?.resolve()
  expect(statuses(await emitting)).toEqual([200])
  await expect.poll(gateway.isConnected, soon).toBe(true)
  await expect.poll(() => feishu.connection.connected(APP.id), soon).toBe(1)
})

test('a source that leaves routes.yaml leaves Feishu', async () => {
  await using feishu = await openFeishu()
  await using gateway = await openConnected({
    sources: [CALLBACKS, `ws: ${sourceAt(feishu.domain)}`],
  })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  await gateway.reload([CALLBACKS])
  await expect.poll(() => feishu.connection.connected(APP.id), soon).toBe(0)
  expect(gateway.gateway.connections()).toEqual([])
})

test('closing acknowledges what is under way, and takes nothing new', async () => {
  await using feishu = await openFeishu()
  const { store, asked } = openGatedStore()
  const sources = [`ws: ${sourceAt(feishu.domain)}`]
  await using gateway = await openConnected({ sources, store })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  const emitting = feishu.emit(JSON.stringify(callbackOf()))
  await expect.poll(() => asked.length, soon).toBe(1)
  const closed = gateway.gateway.close()
  const late = feishu.emit(JSON.stringify(callbackOf({ instance_code: 'other' })))
  // Turned away with 500, then with nobody connected.
  expect(statuses(await late)[0]).toBe(500)
  asked[0]?.resolve()
  expect(statuses(await emitting)).toEqual([200])
  await closed
  expect(feishu.connection.connected(APP.id)).toBe(0)
  expect(asked).toHaveLength(1)
})

test('closing does not wait for a Feishu that does not answer', async () => {
  await using silent = await openReceiver()
  silent.answerWith(() => {})
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(silent.url)}`] })
  await expect.poll(() => gateway.asked.length, soon).toBe(1)
  await gateway.gateway.close()
  expect(gateway.gateway.connections()).toEqual([])
})

test('closing breaks off a WebSocket that does not open', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => void sockets.push(socket.on('error', () => {})))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  await using bootstrap = await openBootstrap(`ws://127.0.0.1:${port}/ws`)
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(bootstrap.url)}`] })
  await expect.poll(() => sockets.length, soon).toBe(1)
  await gateway.gateway.close()
  // Its end comes only to those who read; the SDK itself would give up after 10 s.
  sockets[0]?.resume()
  await expect.poll(() => sockets[0]?.closed, { timeout: 5_000 }).toBe(true)
  silent.close()
})

test('two gateways may connect, and share the events', async () => {
  await using feishu = await openFeishu()
  const sources = [`ws: ${sourceAt(feishu.domain)}`]
  await using one = await openConnected({ sources })
  await using other = await openConnected({ sources })
  await expect.poll(() => feishu.connection.connected(APP.id), soon).toBe(2)
  await expect.poll(() => one.isConnected() && other.isConnected(), soon).toBe(true)
  const events = Array.from({ length: 60 }, (_, index) =>
    callbackOf({ instance_code: String(index) }),
  )
  await Promise.all(events.map((event) => feishu.emit(JSON.stringify(event))))
  await Promise.all([one.gateway.drain(), other.gateway.drain()])
  const ids = [...one.delivered, ...other.delivered].map(({ id }) => id)
  expect(ids.toSorted()).toEqual(events.map(({ uuid }) => uuid).toSorted())
  expect(one.delivered.length * other.delivered.length).toBeGreaterThan(0)
})

test('/readyz says who is connected, and is not ready only where no event can come', async () => {
  await using feishu = await openFeishu()
  feishu.connection.faults.refuseWith = 514
  const source = `ws: ${sourceAt(feishu.domain)}`
  await using gateway = await openConnected({ sources: [source] })
  expect(await gateway.ready()).toMatchObject({ status: 503, body: { status: 503 } })
  await gateway.reload([source, CALLBACKS])
  const connecting = { status: 'ready', sources: { ws: 'connecting' } }
  expect(await gateway.ready()).toEqual({ status: 200, body: connecting })
  feishu.connection.faults.refuseWith = 0
  await expect.poll(gateway.isConnected, soon).toBe(true)
  await gateway.reload([source])
  const connected = { status: 'ready', sources: { ws: 'connected' } }
  expect(await gateway.ready()).toEqual({ status: 200, body: connected })
  await gateway.reload([CALLBACKS])
  expect(await gateway.ready()).toEqual({ status: 200, body: { status: 'ready' } })
})

test('the log shows neither the secret nor a ticket', async () => {
  await using echo = await openReceiver()
  const refused = { code: 514, msg: `wrong secret: ${APP.secret}`, data: {} }
  echo.answerWith(status(200, {}, JSON.stringify(refused)))
  await using refusing = await openConnected({ sources: [`ws: ${sourceAt(echo.url)}`] })
  await expect.poll(() => refusing.log.lines.join(), soon).toContain('wrong secret: ***')
  await using feishu = await openFeishu()
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(feishu.domain)}`] })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  feishu.connection.disconnect()
  await expect.poll(() => gateway.asked.length, soon).toBe(2)
  await gateway.gateway.close()
  const log = [...refusing.log.lines, ...gateway.log.lines].join()
  expect(log).toContain('connected to Feishu')
  expect(log).toContain('the Feishu SDK')
  expect(log).not.toContain(APP.secret)
  expect(log).not.toContain('ticket=')
})

test('it goes through the proxy, the WebSocket too', async () => {
  await using feishu = await openFeishu()
  const { host, port } = new URL(feishu.domain)
  await using proxy = await openForwardProxy({ port: Number(port) })
  const proxies = { http: proxy.url, https: undefined, none: '' }
  const sources = [`ws: ${sourceAt(feishu.domain)}`]
  await using gateway = await openConnected({ sources, proxies })
  await expect.poll(gateway.isConnected, soon).toBe(true)
  expect(proxy.asked).toContain(`CONNECT ${host}`)
  expect(statuses(await feishu.emit(JSON.stringify(callbackOf())))).toEqual([200])
})

test('a proxy that refuses is said', async () => {
  await using proxy = await openForwardProxy({ port: 1, refuseWith: 403 })
  const proxies = { http: undefined, https: proxy.url, none: '' }
  await using bootstrap = await openBootstrap('wss://feishu.test/ws')
  const sources = [`ws: ${sourceAt(bootstrap.url)}`]
  await using gateway = await openConnected({ sources, proxies })
  await expect.poll(() => gateway.log.lines.join(), soon).toContain('the proxy answered 403')
  expect(proxy.asked).toContain('CONNECT feishu.test:443')
})

test('where Feishu says wss, its certificate is checked', async () => {
  await using secure = await openSecureReceiver()
  await using bootstrap = await openBootstrap(`wss://localhost:${secure.port}/ws`)
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(bootstrap.url)}`] })
  const unknown = 'self-signed certificate in certificate chain'
  await expect.poll(() => gateway.log.lines.join(), soon).toContain(unknown)
})

test('it connects to nothing that the egress rules refuse', async () => {
  await using receiver = await openReceiver()
  await using bootstrap = await openBootstrap(receiver.url.replace('http', 'ws'))
  const sources = [`ws: ${sourceAt(bootstrap.url.replace('127.0.0.1', 'localhost'))}`]
  await using gateway = await openConnected({ sources, deny: ['127.0.0.1'] })
  const said = () => gateway.log.lines.join()
  await expect.poll(said, soon).toContain('egress.deny.0')
  expect(bootstrap.connections + receiver.connections).toBe(0)
})

test.each([
  ['HTTP 503', status(503), 'answered 503'],
  ['no JSON', status(200, {}, '<html>'), 'is domain right?'],
  ['no address', status(200, {}, '{"code":0,"msg":""}'), 'does not say where to connect to'],
])('an answer of %s is told, and asked for again', async (_, answer, words) => {
  await using strange = await openReceiver()
  strange.answerWith(answer)
  await using gateway = await openConnected({ sources: [`ws: ${sourceAt(strange.url)}`] })
  await expect.poll(() => gateway.asked.length, soon).toBeGreaterThan(2)
  expect(gateway.log.lines.join()).toContain(words)
})
