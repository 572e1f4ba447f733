import { once } from 'node:events'
import { request } from 'node:http'
import { EventDispatcher, WSClient } from '@larksuiteoapi/node-sdk'
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { openSimulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { callbackOf } from '../serve.ts'
import { APP } from './app.ts'

/** So that a client that lost its connection comes back within a moment. */
const QUICK = { ReconnectCount: -1, ReconnectInterval: 0.05, ReconnectNonce: 0, PingInterval: 0.05 }
const CODE = callbackOf().event.approval_code

async function open(options: Partial<SimulatorOptions> = {}) {
  const waited: number[] = []
  const simulator = await openSimulator({
    apps: [APP],
    runtime: { crypto: nodeCrypto, now: Date.now },
    subscribed: [CODE],
    wait: async (ms) => void waited.push(ms),
    connection: { config: QUICK, ackMs: 20_000 },
    ...options,
  })
  return { ...simulator, waited, [Symbol.asyncDispose]: simulator.close }
}

const mute = () => {}
const logger = { error: mute, warn: mute, info: mute, debug: mute, trace: mute }

interface Handled {
  readonly uuid: string
}

/** The official SDK's client as users write it; it tells `handle` of each event. */
function connectSdk(
  domain: string,
  handle: (event: Handled) => Promise<unknown>,
  { appSecret = APP.secret, pingTimeout = 0 } = {},
) {
  const { promise: failed, resolve: onError } = Promise.withResolvers<Error>()
  const { promise: ready, resolve: onReady } = Promise.withResolvers<void>()
  const { promise: lost, resolve: onReconnecting } = Promise.withResolvers<void>()
  const eventDispatcher = new EventDispatcher({ logger }).register({ approval_cc: handle })
  const client = new WSClient({
    appId: APP.id,
    appSecret,
    domain,
    logger,
    onReady,
    onError,
    onReconnecting,
    wsConfig: { pingTimeout },
  })
  void client.start({ eventDispatcher })
  return {
    ready,
    failed,
    lost,
    status: () => client.getConnectionStatus(),
    [Symbol.dispose]: () => client.close({ force: true }),
  }
}

test('the official SDK gets an event, and its acknowledgement is the delivery', async () => {
  await using simulator = await open()
  const seen: Handled[] = []
  using sdk = connectSdk(simulator.domain, async (event) => void seen.push(event))
  await sdk.ready
  const callback = callbackOf()
  const { outcome, attempts } = await simulator.emit(JSON.stringify(callback))
  expect(outcome).toBe('delivered')
  expect(attempts).toMatchObject([{ status: 200 }])
  expect(seen).toMatchObject([{ uuid: callback.uuid, token: '', instance_code: expect.anything() }])
})

test('a handler that throws is sent the event again, by the same schedule', async () => {
  await using simulator = await open()
  let left = 2
  using sdk = connectSdk(simulator.domain, async () => {
    if (left-- > 0) throw new Error('not yet')
  })
  await sdk.ready
  const { outcome, attempts } = await simulator.emit(JSON.stringify(callbackOf()))
  expect(outcome).toBe('delivered')
  expect(attempts.map(({ status }) => status)).toEqual([500, 500, 200])
  expect(simulator.waited).toEqual([15_000, 300_000])
})

test('a handler that takes too long is as good as none', async () => {
  await using simulator = await open({ connection: { config: QUICK, ackMs: 50 } })
  const { promise: never } = Promise.withResolvers<void>()
  using sdk = connectSdk(simulator.domain, () => never)
  await sdk.ready
  const { outcome, attempts } = await simulator.emit(JSON.stringify(callbackOf()))
  expect(outcome).toBe('given up')
  expect(attempts).toEqual(
    Array(5).fill({ status: undefined, said: 'no acknowledgement within 50 ms' }),
  )
})

test('an event goes to one of the clients, not to all', async () => {
  await using simulator = await open()
  const counts = [0, 0, 0]
  const clients = counts.map((_, n) =>
    connectSdk(simulator.domain, async () => {
      counts[n] = (counts[n] ?? 0) + 1
    }),
  )
  using disposal = new DisposableStack()
  for (const client of clients) disposal.use(client)
  await Promise.all(clients.map(({ ready }) => ready))
  expect(simulator.connection.connected(APP.id)).toBe(3)
  const events = Array.from({ length: 60 }, () =>
    callbackOf({ instance_code: crypto.randomUUID() }),
  )
  await Promise.all(events.map((event) => simulator.emit(JSON.stringify(event))))
  expect(counts.reduce((sum, count) => sum + count)).toBe(60)
  // Each of three misses all of sixty once in 3.6e10 runs.
  expect(Math.min(...counts)).toBeGreaterThan(0)
})

test('an event in pieces is one event', async () => {
  await using simulator = await open()
  const seen: string[] = []
  using sdk = connectSdk(simulator.domain, async ({ uuid }) => void seen.push(uuid))
  await sdk.ready
  simulator.connection.faults.chunkBytes = 7
  const callback = callbackOf({ from: '审批' })
  expect((await simulator.emit(JSON.stringify(callback))).outcome).toBe('delivered')
  expect(seen).toEqual([callback.uuid])
})

test('nobody connected: the event waits for its next try', async () => {
  await using simulator = await open()
  const { attempts } = await simulator.emit(JSON.stringify(callbackOf()))
  expect(attempts).toEqual(Array(5).fill({ status: undefined, said: 'no client is connected' }))
})

test('a connection that closes in the middle gives the event back, and the client comes again', async () => {
  await using simulator = await open({
    wait: () => expect.poll(() => simulator.connection.connected(APP.id)).toBe(1),
  })
  let times = 0
  using sdk = connectSdk(simulator.domain, async () => {
    if (times++ > 0) return
    simulator.connection.disconnect()
    await sdk.lost
  })
  await sdk.ready
  const { attempts } = await simulator.emit(JSON.stringify(callbackOf()))
  expect(attempts).toEqual([
    { status: undefined, said: 'closed' },
    { status: 200, said: '{"code":200}' },
  ])
  expect(times).toBe(2)
})

test('a client that looks for its pongs notices a silent death, and comes again', async () => {
  const config = { ...QUICK, PingInterval: 0.3 }
  await using simulator = await open({ connection: { config } })
  using sdk = connectSdk(simulator.domain, async () => {}, { pingTimeout: 0.1 })
  await sdk.ready
  simulator.connection.faults.silent = true
  await sdk.lost
  simulator.connection.faults.silent = false
  await expect.poll(() => sdk.status().state).toBe('connected')
  expect((await simulator.emit(JSON.stringify(callbackOf()))).outcome).toBe('delivered')
})

test('what goes to a silent connection is not acknowledged', async () => {
  await using simulator = await open({ connection: { config: QUICK, ackMs: 20 } })
  using sdk = connectSdk(simulator.domain, async () => {})
  await sdk.ready
  simulator.connection.faults.silent = true
  expect((await simulator.emit(JSON.stringify(callbackOf()))).outcome).toBe('given up')
})

test('a wrong secret ends the client', async () => {
  await using simulator = await open()
  using sdk = connectSdk(simulator.domain, async () => {}, { appSecret: 'wrong' })
  expect((await sdk.failed).message).toMatch('code=514')
  expect(sdk.status().state).toBe('failed')
})

test('a bootstrap is refused with any code: some end the client, others make it try again', async () => {
  await using simulator = await open()
  simulator.connection.faults.refuseWith = 1000040350
  using ended = connectSdk(simulator.domain, async () => {})
  expect((await ended.failed).message).toMatch('code=1000040350')
  simulator.connection.faults.refuseWith = 1000040343
  using trying = connectSdk(simulator.domain, async () => {})
  await expect.poll(() => trying.status().nextConnectTime).toBeGreaterThan(0)
  expect(ended.status().nextConnectTime).toBeUndefined()
})

test('a client that sends nonsense loses its connection, and nobody else does', async () => {
  await using simulator = await open()
  using sdk = connectSdk(simulator.domain, async () => {})
  await sdk.ready
  const body = JSON.stringify({ AppID: APP.id, AppSecret: APP.secret })
  const answer = await fetch(`${simulator.domain}/callback/ws/endpoint`, { method: 'POST', body })
  const { data } = Object(await answer.json())
  const { hostname, port, pathname, search } = new URL(data.URL)
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13 }
  const key = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  const path = pathname + search
  const upgrade = request({ hostname, port, path, headers: { ...headers, ...key } }).end()
  const [, socket] = await once(upgrade, 'upgrade')
  expect(simulator.connection.connected(APP.id)).toBe(2)
  socket.on('error', mute).write('what is no frame at all')
  await expect.poll(() => simulator.connection.connected(APP.id)).toBe(1)
  expect((await simulator.emit(JSON.stringify(callbackOf()))).outcome).toBe('delivered')
})

test('a fifty-first connection is refused, and a ticket is good for one', async () => {
  await using simulator = await open()
  const bootstrap = async () => {
    const body = JSON.stringify({ AppID: APP.id, AppSecret: APP.secret })
    const answer = await fetch(`${simulator.domain}/callback/ws/endpoint`, { method: 'POST', body })
    return Object(await answer.json())
  }
  const connect = (url: string) =>
    new Promise<'open' | 'refused'>((resolve) => {
      const socket = new WebSocket(url)
      socket.addEventListener('open', () => resolve('open'))
      socket.addEventListener('error', () => resolve('refused'))
    })
  const { data } = await bootstrap()
  expect(await connect(data.URL)).toBe('open')
  expect(await connect(data.URL)).toBe('refused')
  for (let n = 1; n < 50; n++) expect(await connect((await bootstrap()).data.URL)).toBe('open')
  expect(await bootstrap()).toMatchObject({ code: 1000040350, data: {} })
})
