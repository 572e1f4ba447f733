import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../../src/core/errors.ts'
import type { PeerListener } from '../../../src/core/long-connection.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../src/feishu/frames.ts'
import { nodeCrypto } from '../../../src/hosts/node-crypto.ts'
import type { ClientTimes } from '../../../src/sinks/feishu-ws/client.ts'
import { createServer } from '../../../src/sinks/feishu-ws/server.ts'
import { silentLog } from '../../log.ts'
import { sampleEvent } from '../../sample-event.ts'
import { context, type SinkUnderTest, testSink } from '../../suites/sink.ts'
import { APP, SECRET } from './gateway.ts'
import { PING } from './raw-client.ts'

const options = { app_id: APP, app_secret: SECRET }
const times: ClientTimes = {
  clientConfig: { ReconnectCount: -1, ReconnectInterval: 1, ReconnectNonce: 1, PingInterval: 1 },
  ackMs: 60_000,
  silentMs: 60_000,
  leaveMs: 1,
  quietMs: 60_000,
}

function open(some: Partial<ClientTimes> = {}) {
  const runtime = { crypto: nodeCrypto, now: Date.now, log: silentLog }
  return createServer(options, runtime, { ...times, ...some })
}

type Server = Awaited<ReturnType<typeof open>>

/** A client without a network between: what it is sent, `receive` hears of. */
function join({ longConnection }: Server, receive: (frame: Frame) => void = () => {}) {
  const state = { buffered: 0, readyAt: 0, terminated: false }
  const listener: PeerListener = longConnection.connect(
    {
      send(message) {
        const frame = decodeFrame(message)
        if (frame) receive(frame)
      },
      buffered: () => state.buffered,
      close() {},
      terminate() {
        if (state.terminated) return
        state.terminated = true
        queueMicrotask(() => listener.closed())
      },
    },
    () => void state.readyAt++,
  )
  const say = (frame: Frame) => listener.message(encodeFrame(frame))
  const answer = (frame: Frame, code: number) =>
    say({ ...frame, payload: new TextEncoder().encode(JSON.stringify({ code })) })
  return { state, say, answer, close: listener.closed }
}

testSink('the sink feishu-ws', async (): Promise<SinkUnderTest> => {
  const sink = await open()
  const arrived: { id: string; data: unknown }[] = []
  const { promise: held, resolve: hold } = Promise.withResolvers<void>()
  let answering: 'take' | 'refuse' | 'stall' = 'take'
  const client = join(sink, (frame) => {
    if (frame.headers.get('type') !== 'event') return
    if (answering === 'stall') return hold()
    if (answering === 'refuse') return client.answer(frame, 500)
    const { uuid, event } = JSON.parse(new TextDecoder().decode(frame.payload))
    arrived.push({ id: uuid, data: event })
    client.answer(frame, 200)
  })
  client.say(PING)
  return {
    sink,
    arrived: () => arrived,
    refuse() {
      answering = 'refuse'
    },
    stall() {
      answering = 'stall'
      return held
    },
    async [Symbol.asyncDispose]() {},
  }
})

describe('whether it may be sent events', () => {
  test('nobody connected: no, and an event that comes anyway is given back unsent', async () => {
    const sink = await open()
    expect(sink.ready?.()).toBe(false)
    const delivery = sink.deliver(sampleEvent(), context())
    await expect(delivery).rejects.toMatchObject({ failure: { returned: 'unsent' } })
  })

  test('a client is sent nothing before its first message, for Node does not listen yet', async () => {
    const sink = await open()
    const client = join(sink)
    expect(sink.ready?.()).toBe(false)
    client.say(PING)
    client.say(PING)
    expect(sink.ready?.()).toBe(true)
    expect(client.state.readyAt).toBe(1)
    await sink.close?.()
    expect(sink.ready?.()).toBe(false)
  })

  test('a client that says nothing is sent events a moment later', async () => {
    const sink = await open({ quietMs: 1 })
    join(sink)
    await expect.poll(() => sink.ready?.()).toBe(true)
    await sink.close?.()
  })
})

test('a client that falls silent is cut off, and what it had is given back', async () => {
  const sink = await open({ silentMs: 50 })
  const client = join(sink)
  client.say(PING)
  const delivery = sink.deliver(sampleEvent(), context())
  await expect(delivery).rejects.toMatchObject({ failure: { returned: 'cut short' } })
  expect(client.state.terminated).toBe(true)
  expect(sink.ready?.()).toBe(false)
})

test('a client that reads nothing is cut off before it fills the memory', async () => {
  const sink = await open()
  const client = join(sink)
  client.say(PING)
  client.state.buffered = 5 * 1024 * 1024
  const delivery = sink.deliver(sampleEvent(), context())
  await expect(delivery).rejects.toMatchObject({ failure: { returned: 'cut short' } })
  expect(client.state.terminated).toBe(true)
})

test('an acknowledgement that does not come in time says that there was none', async () => {
  const sink = await open({ ackMs: 10 })
  const client = join(sink)
  client.say(PING)
  const error = await sink.deliver(sampleEvent(), context()).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DeliveryError)
  expect(error).toMatchObject({
    message: 'not acknowledged within 10 ms',
    failure: { unreachable: true },
  })
  await sink.close?.()
})

test('closing ends every connection, also one that is only now there, and admits nobody', async () => {
  const sink = await open()
  const client = join(sink)
  const query = async () =>
    new URLSearchParams(Object(await sink.longConnection.invite(SECRET)).query)
  const ticket = await query()
  expect(await sink.longConnection.admits(ticket)).toBe(true)
  await sink.close?.()
  expect(client.state.terminated).toBe(true)
  expect(await sink.longConnection.invite(SECRET)).toEqual({ kind: 'closing' })
  expect(await sink.longConnection.admits(ticket)).toBe(false)
  const late = join(sink)
  await expect.poll(() => late.state.terminated).toBe(true)
})
