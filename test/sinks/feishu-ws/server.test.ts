import { afterEach, describe, expect, test, vi } from 'vitest'
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

afterEach(() => void vi.useRealTimers())

function open(some: Partial<ClientTimes> = {}) {
  const runtime = { crypto: nodeCrypto, now: Date.now, log: silentLog }
  return createServer(options, runtime, { ...times, ...some })
}

type Server = Awaited<ReturnType<typeof open>>

/** A client without a network between: what it is sent, `receive` hears of. */
function join(
  { longConnection }: Server,
  receive: (frame: Frame) => void = () => {},
  ready: () => void = () => {},
) {
  const state = { isOpen: true, buffered: 0, readyAt: 0, terminated: false }
  const listener: PeerListener = longConnection.connect(
    {
      send(message) {
        const frame = decodeFrame(message)
        if (frame) receive(frame)
      },
      isOpen: () => state.isOpen,
      buffered: () => state.buffered,
      close() {},
      terminate() {
        if (state.terminated) return
        state.terminated = true
        queueMicrotask(() => listener.closed())
      },
    },
    () => {
      state.readyAt++
      ready()
    },
  )
  const say = (frame: Frame) => listener.message(encodeFrame(frame))
  const answer = (frame: Frame, code: number) =>
    say({ ...frame, payload: new TextEncoder().encode(JSON.stringify({ code })) })
  const garble = () => listener.message(new Uint8Array([1, 2, 3]))
  return { state, say, garble, answer, close: listener.closed }
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

describe('a client whose buffer is full', () => {
  const MIB = 1024 * 1024
  const large = () => sampleEvent({ raw: JSON.stringify({ token: '', event: 'x'.repeat(MIB) }) })

  /** Reads, from its buffer, only when the test says so; `drain` acknowledges what was read. */
  function joinSlow(sink: Server, ready?: () => void) {
    const frames: Frame[] = []
    const receive = (frame: Frame) => {
      frames.push(frame)
      client.state.buffered += frame.payload.length
    }
    const client = join(sink, receive, ready)
    const drain = () => {
      client.state.buffered = 0
      for (const frame of frames.splice(0)) if (frame.method === 1) client.answer(frame, 200)
    }
    return { ...client, frames, drain }
  }

  /** As a lane does: as long as the sink is ready. */
  function deliverAll(sink: Server, count: number) {
    const deliveries: Promise<unknown>[] = []
    while (sink.ready?.() && deliveries.length < count) {
      deliveries.push(sink.deliver(large(), context()))
    }
    return deliveries
  }

  test('is sent no more, is not cut off, and goes on once it has read', async () => {
    const sink = await open()
    const client = joinSlow(sink)
    client.say(PING)
    for (const _ of [1, 2, 3]) {
      const deliveries = deliverAll(sink, 16)
      expect(deliveries.length).toBeGreaterThan(3)
      expect(deliveries.length).toBeLessThan(6)
      await expect(sink.deliver(large(), context())).rejects.toMatchObject({
        failure: { returned: 'unsent' },
      })
      client.drain()
      await Promise.all(deliveries)
      expect(sink.ready?.()).toBe(true)
    }
    expect(client.state.terminated).toBe(false)
    client.close()
  })

  test('leaves the events to one that has room', async () => {
    const sink = await open()
    const full = joinSlow(sink)
    const other = joinSlow(sink)
    for (const client of [full, other]) client.say(PING)
    full.state.buffered = 5 * MIB
    const delivery = sink.deliver(large(), context())
    other.drain()
    await delivery
    expect(full.frames).toHaveLength(1)
    for (const client of [full, other]) client.close()
  })

  test('may ping meanwhile, also with what waited for its first message', async () => {
    const sink = await open()
    const deliveries: Promise<unknown>[] = []
    const client = joinSlow(sink, () => deliveries.push(...deliverAll(sink, 16)))
    client.say(PING)
    client.say(PING)
    expect(client.frames[0]?.headers.get('type')).toBe('pong')
    client.drain()
    await Promise.all(deliveries)
    expect(deliveries.length).toBeGreaterThan(3)
    expect(client.state.terminated).toBe(false)
    client.close()
  })

  test('is silent to us where it pings and reads nothing: it fills no memory, and ends', async () => {
    vi.useFakeTimers()
    const sink = await open({ silentMs: 1000 })
    const client = joinSlow(sink)
    client.say(PING)
    const deliveries = deliverAll(sink, 16)
    const sent = client.frames.length
    const rejected = Promise.all(
      deliveries.map((delivery) =>
        expect(delivery).rejects.toMatchObject({ failure: { returned: 'cut short' } }),
      ),
    )
    for (const _ of [1, 2, 3, 4]) {
      expect(client.state.terminated).toBe(false)
      client.say(PING)
      await vi.advanceTimersByTimeAsync(250)
    }
    expect(client.state.terminated).toBe(true)
    expect(client.frames).toHaveLength(sent)
    await rejected
  })
})

test('a client whose connection is about to end is sent nothing more', async () => {
  const sink = await open()
  const client = join(sink)
  client.say(PING)
  client.state.isOpen = false
  expect(sink.ready?.()).toBe(false)
  const delivery = sink.deliver(sampleEvent(), context())
  await expect(delivery).rejects.toMatchObject({ failure: { returned: 'unsent' } })
  client.close()
})

test('events that come one at a time go to the clients by turns', async () => {
  const sink = await open()
  const turns: number[] = []
  const clients = [0, 1, 2].map((n) => {
    const client = join(sink, (frame) => {
      if (frame.method !== 1) return
      turns.push(n)
      client.answer(frame, 200)
    })
    return client
  })
  for (const client of clients) client.say(PING)
  for (let count = 0; count < 6; count++) await sink.deliver(sampleEvent(), context())
  expect(turns).toEqual([0, 1, 2, 0, 1, 2])
  await sink.close?.()
})

test('a client that is told twice to leave, and does, leaves nothing behind', async () => {
  vi.useFakeTimers()
  const sink = await open()
  const client = join(sink)
  client.garble()
  const closed = sink.close?.()
  client.close()
  await closed
  expect(vi.getTimerCount()).toBe(0)
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
