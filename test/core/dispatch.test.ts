import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../src/core/errors.ts'
import type { Sink } from '../../src/core/plugin.ts'
import type { Store } from '../../src/core/store.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { sampleEvent } from '../sample-event.ts'
import { live, planOf, START, scripted, setup } from './lanes.ts'

describe('deliveries', () => {
  test('what is owed is delivered, and owed no more', async () => {
    const { sink, delivered } = scripted()
    const gateway = setup({ sinks: { a: { sink } } })
    await gateway.owe('a')
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(delivered).toEqual(['event-1', 'event-2'])
    expect(await gateway.pending()).toEqual({})
    expect(gateway.results).toEqual([
      ['a', 'delivered'],
      ['a', 'delivered'],
    ])
  })

  test('a failed one waits in the store until it is due, and asks to be woken then', async () => {
    const { sink, calls } = scripted({ status: 503 }, 'ok')
    const gateway = setup({ sinks: { a: { sink } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(gateway.wakes).toContain(START + 1000)
    gateway.clock.now += 4999
    await gateway.dispatch.drain()
    expect(calls()).toBe(1)
    gateway.clock.now += 1
    await gateway.dispatch.drain()
    expect(calls()).toBe(2)
    expect(await gateway.pending()).toEqual({})
  })

  test('after the last attempt it is a dead letter', async () => {
    const { sink, calls } = scripted({}, {}, {}, 'ok')
    const gateway = setup({ sinks: { a: { sink } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    for (let hour = 0; hour < 5; hour++) {
      await gateway.dispatch.drain()
      gateway.clock.now += 3_600_000
    }
    expect(calls()).toBe(3)
    expect(await gateway.dead()).toBe(1)
    expect(gateway.results.map(([, result]) => result)).toEqual(['failed', 'failed', 'dead'])
  })

  test('a sink that throws anything at all is tried again', async () => {
    const { sink, delivered } = scripted(new TypeError('x is not a function'), 'ok')
    const gateway = setup({ sinks: { a: { sink } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    gateway.clock.now += 5000
    await gateway.dispatch.drain()
    expect(delivered).toEqual(['event-1'])
  })

  test('a transient failure is tried again at once, within the same attempt', async () => {
    const { sink, calls } = scripted({ transient: true }, { transient: true }, 'ok')
    const retry = { waits: [], jitter: 0, quick: 2 }
    const gateway = setup({ sinks: { a: { sink, settings: { retry } } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(calls()).toBe(3)
    expect(gateway.results).toEqual([['a', 'delivered']])
  })

  test('other failures are not', async () => {
    const { sink, calls } = scripted({ retryAfterMs: 1000 }, 'ok')
    const retry = { waits: [5000], jitter: 0, quick: 2 }
    const gateway = setup({ sinks: { a: { sink, settings: { retry } } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(calls()).toBe(1)
  })

  test('a sink that never settles is given up at its timeout, and told so', async () => {
    let aborted = false
    const sink: Sink = {
      deliver: (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return new Promise(() => {})
      },
    }
    const gateway = setup({ sinks: { a: { sink, settings: { timeoutMs: 20 } } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(aborted).toBe(true)
    expect(gateway.results).toEqual([['a', 'failed']])
    expect(gateway.log.lines.join()).toContain('no answer within 20 ms')
  })

  test('never more at once than the sink’s concurrency', async () => {
    let running = 0
    let most = 0
    const sink: Sink = {
      async deliver() {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
      },
    }
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 3 } } } })
    for (let count = 0; count < 50; count++) await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(most).toBe(3)
    expect(await gateway.pending()).toEqual({})
  })
})

describe('what a plugin says of a failure', () => {
  test.each([
    ['a response that cannot be cloned', { response: () => {} }],
    ['a response that is an object', { response: { error: 1 } }],
    ['a Retry-After that is no number', { retryAfterMs: Number('Wed, 21 Oct 2026') * 1000 }],
    ['a status that is no number', { status: '503' }],
    ['flags that are not flags', { permanent: 0, gone: 'no', transient: 1 }],
  ])('%s harms nothing: the delivery is tried again', async (_, failure) => {
    const sink: Sink = {
      async deliver() {
        // A plugin in JavaScript is checked by nobody.
        throw new DeliveryError(
          'refused',
          JSON.parse('{}', () => failure),
        )
      },
    }
    const gateway = setup({ sinks: { a: { sink } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    for (let hour = 0; hour < 4; hour++) {
      await gateway.dispatch.drain()
      gateway.clock.now += 3_600_000
    }
    expect(gateway.results.map(([, result]) => result)).toEqual(['failed', 'failed', 'dead'])
    expect(await gateway.dead()).toBe(1)
  })
})

test('no sink can change what the others get', async () => {
  const vandal: Sink = {
    async deliver(event) {
      Object.assign(event.data, { operate: 'SHRED' })
    },
  }
  const seen: unknown[] = []
  const witness: Sink = { deliver: async ({ data }) => void seen.push(data.operate) }
  const gateway = setup({ sinks: { vandal: { sink: vandal }, witness: { sink: witness } } })
  await gateway.owe('vandal', 'witness')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await gateway.dispatch.drain()
  expect(seen).toEqual(['CREATE'])
  expect(gateway.results).toContainEqual(['vandal', 'failed'])
})

test('a secret in what a plugin or its receiver says is concealed', async () => {
  const failure = { response: `you sent hunter2${'.'.repeat(16 * 1024 - 20)}hunter2` }
  const sink: Sink = {
    async deliver() {
      throw new DeliveryError('cannot log in with hunter2', failure)
    },
  }
  const store = openMemoryStore()
  const records: unknown[] = []
  const recording: Store = {
    ...store,
    async settle(batch) {
      records.push(...batch.map(({ record }) => record))
      await store.settle(batch)
    },
  }
  const gateway = setup({ sinks: { a: { sink } }, store: recording })
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await gateway.dispatch.drain()
  const error = 'cannot log in with ***'
  const response = `you sent ***${'.'.repeat(16 * 1024 - 20)}***`
  expect(records).toMatchObject([{ error, response }])
  expect(gateway.log.lines.join()).not.toContain('hunter2')
})

test('each lane looks when it is time to, and no sooner', async () => {
  const { sink, calls } = scripted({}, 'ok')
  const gateway = setup({ sinks: { a: { sink } } })
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await gateway.dispatch.drain()
  const steps = [999, 1000, 1000, 1000, 1000]
  for (const step of steps) {
    gateway.clock.now += step
    gateway.dispatch.wake()
  }
  // Another 1 ms, and the second attempt is due: the lane has asked for that very time.
  expect(calls()).toBe(1)
  await expect.poll(() => gateway.wakes).toContain(START + 5000)
  gateway.clock.now = START + 5000
  gateway.dispatch.wake()
  await expect.poll(calls).toBe(2)
})

describe('a process that is killed again and again', () => {
  const ONCE = { waits: [], jitter: 0, quick: 0 }

  async function killed(times: number) {
    const { sink, calls } = scripted({ status: 503 })
    const gateway = setup({ sinks: { a: { sink, settings: { retry: ONCE } } } })
    await gateway.owe('a')
    for (let crash = 0; crash < times; crash++) {
      const query = { sink: 'a', now: gateway.clock.now, leaseMs: 1000, limit: 1 }
      expect(await gateway.store.claim(query)).toHaveLength(1)
      gateway.clock.now += 1000
    }
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(await gateway.dead()).toBe(1)
    return { calls: calls(), log: gateway.log.lines.join() }
  }

  test.each([1, 99])('%i times: what it may only have held has spent no attempt', async (times) => {
    const { calls, log } = await killed(times)
    expect(calls).toBe(1)
    expect(log).toContain('"attempt":1,"error":"refused"')
  })

  test('100 times: what ends the process at each attempt ends as a dead letter, untried', async () => {
    const { calls, log } = await killed(100)
    expect(calls).toBe(0)
    expect(log).toContain('100 times the gateway or the receiver ended while it held this')
  })
})

describe('the store and the lanes', () => {
  test('a delivery whose lease is too short for an attempt is given back, its attempt unspent', async () => {
    const attempts: number[] = []
    const clock = { move: () => {} }
    const sink: Sink = {
      async deliver(_, { attempt }) {
        attempts.push(attempt)
        clock.move()
      },
    }
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 1 } } } })
    // The first delivery takes an hour, in which the lease of the second runs out in the queue.
    clock.move = () => {
      gateway.clock.now += 3_600_000
      clock.move = () => {}
    }
    await gateway.owe('a')
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    await gateway.dispatch.drain()
    expect(attempts).toEqual([1, 1])
    expect(await gateway.pending()).toEqual({})
  })

  test('a settlement that the store cannot write at first is written later', async () => {
    const store = openMemoryStore()
    let failures = 1
    const failing: Store = {
      ...store,
      settle: (batch) => (failures-- > 0 ? Promise.reject(new Error('full')) : store.settle(batch)),
    }
    const { sink, calls } = scripted()
    const gateway = setup({ sinks: { a: { sink } }, store: failing })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(calls()).toBe(1)
    expect(await gateway.pending()).toEqual({})
  })

  test('where claims give fewer than they find, the rest is claimed at once', async () => {
    const store = openMemoryStore()
    const short: Store = { ...store, claim: (query) => store.claim({ ...query, limit: 1 }) }
    const { sink, delivered } = scripted()
    const gateway = setup({ sinks: { a: { sink } }, store: short })
    for (let count = 0; count < 5; count++) await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(delivered).toHaveLength(5)
  })

  test('a claim that fails is logged, and made again at the next wake', async () => {
    const store = openMemoryStore()
    let failures = 1
    const failing: Store = {
      ...store,
      claim: (query) => (failures-- > 0 ? Promise.reject(new Error('locked')) : store.claim(query)),
    }
    const { sink, calls } = scripted()
    const gateway = setup({ sinks: { a: { sink } }, store: failing })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => gateway.log.lines.join()).toContain('locked')
    expect(calls()).toBe(0)
    await gateway.dispatch.drain()
    expect(calls()).toBe(1)
  })
})

describe('sinks that take nothing keep what they are owed', () => {
  test('paused', async () => {
    const { sink, calls } = scripted()
    const gateway = setup({ sinks: { a: { sink, settings: { paused: true } } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(calls()).toBe(0)
    expect(await gateway.pending()).toEqual({ a: 1 })
  })

  test('not ready, or unable to say', async () => {
    let ready = false
    const unready = { ...scripted().sink, ready: () => ready }
    const broken: Sink = {
      ...scripted().sink,
      ready() {
        throw new Error('broken')
      },
    }
    const gateway = setup({ sinks: { a: { sink: unready }, b: { sink: broken } } })
    await gateway.owe('a', 'b')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(await gateway.pending()).toEqual({ a: 1, b: 1 })
    ready = true
    await gateway.dispatch.drain()
    expect(await gateway.pending()).toEqual({ b: 1 })
  })

  test('gone (410): no further delivery is tried, and its one attempt is on record', async () => {
    const { sink, calls } = scripted({ gone: true, status: 410 })
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 1 } } } })
    await gateway.owe('a')
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    gateway.clock.now += 3_600_000
    await gateway.dispatch.drain()
    expect(calls()).toBe(1)
    expect(gateway.results).toEqual([['a', 'failed']])
    expect(gateway.log.lines.filter((line) => line.includes('410'))).toHaveLength(1)
    expect(await gateway.pending()).toEqual({ a: 2 })
    const claimed = await gateway.store.claim({
      sink: 'a',
      now: gateway.clock.now,
      leaseMs: 1000,
      limit: 9,
    })
    expect(claimed.map(({ attempt }) => attempt).sort()).toEqual([1, 2])
    const history = await gateway.store.event({ id: 'event-1' })
    expect(history?.deliveries[0]?.history).toMatchObject([{ n: 1, status: 410 }])
  })

  test('a hanging sink costs the others nothing', async () => {
    const hanging: Sink = { deliver: () => new Promise(() => {}) }
    const { sink, delivered } = scripted()
    const settings = { timeoutMs: 60_000 }
    const gateway = setup({ sinks: { hanging: { sink: hanging, settings }, good: { sink } } })
    for (let count = 0; count < 20; count++) await gateway.owe('hanging', 'good')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => delivered.length).toBe(20)
  })
})

describe('places', () => {
  async function ready() {
    const { sink, delivered } = scripted()
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 1 } } } })
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    return { ...gateway, delivered }
  }

  test('a delivery that is born claimed is delivered without being read back', async () => {
    const { dispatch, store, clock, delivered } = await ready()
    const place = dispatch.reserve('a')
    const event = sampleEvent()
    const owed = [{ sink: 'a', orderKey: null, claimMs: place.leaseMs }]
    const [accepted] = await store.accept([{ event, problems: [], owed }], clock.now)
    const grant = accepted?.granted[0]
    if (!grant) throw new Error('not granted')
    place.fill({
      ...grant,
      event,
      attempt: 1,
      cutShort: 0,
      ordered: false,
      leaseUntil: clock.now + place.leaseMs,
    })
    expect(delivered).toEqual([event.id])
  })

  test('a lane gives twice its concurrency of them', async () => {
    const { dispatch } = await ready()
    const leases = [dispatch.reserve('a'), dispatch.reserve('a'), dispatch.reserve('a')]
    expect(leases.map(({ leaseMs }) => leaseMs > 0)).toEqual([true, true, false])
    for (const place of leases) place.fill(undefined)
  })

  test('what got none is found in the store', async () => {
    const { dispatch, delivered, owe } = await ready()
    const place = dispatch.reserve('a')
    await owe('a')
    place.fill(undefined)
    await dispatch.drain()
    expect(delivered).toEqual(['event-1'])
  })

  test('while a claim is under way, half of them are still given', async () => {
    const store = openMemoryStore()
    const { promise: claimed, resolve } = Promise.withResolvers<void>()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    let isSlow = false
    const slow: Store = {
      ...store,
      async claim(query) {
        if (isSlow) ask()
        if (isSlow) await claimed
        return store.claim(query)
      },
    }
    const { sink } = scripted()
    const settings = { concurrency: 4 }
    const { dispatch, lives } = setup({ sinks: { a: { sink, settings } }, store: slow })
    dispatch.follow(planOf(...lives))
    await dispatch.drain()
    isSlow = true
    const drained = dispatch.drain()
    await asked
    const places = Array.from({ length: 5 }, () => dispatch.reserve('a'))
    expect(places.map(({ leaseMs }) => leaseMs > 0)).toEqual([true, true, true, true, false])
    for (const place of places) place.fill(undefined)
    resolve()
    await drained
  })

  test('an unknown sink has none', () => {
    expect(setup({ sinks: {} }).dispatch.reserve('a').leaseMs).toBe(0)
  })
})

describe('closing', () => {
  test('finishes what is in flight, gives the rest back, closes the sink once', async () => {
    const finish: (() => void)[] = []
    let closed = 0
    const sink: Sink = {
      deliver: () => new Promise<void>((resolve) => finish.push(resolve)),
      async close() {
        closed++
      },
    }
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 1 } } } })
    await gateway.owe('a')
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => finish.length).toBe(1)
    const closing = gateway.dispatch.close()
    finish[0]?.()
    await closing
    expect(closed).toBe(1)
    expect(await gateway.pending()).toEqual({ a: 1 })
    const query = { sink: 'a', now: gateway.clock.now, leaseMs: 1000, limit: 9 }
    expect((await gateway.store.claim(query)).map(({ attempt }) => attempt)).toEqual([1])
  })

  test('a sink that fails to close is logged, no more', async () => {
    const sink: Sink = {
      ...scripted().sink,
      async close() {
        throw new Error('stuck')
      },
    }
    const gateway = setup({ sinks: { a: { sink } } })
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.close()
    expect(gateway.log.lines.join()).toContain('stuck')
  })
})

test('once closed, no plan is followed any more', async () => {
  const { sink, calls } = scripted()
  const gateway = setup({ sinks: { a: { sink } } })
  await gateway.owe('a')
  await gateway.dispatch.close()
  gateway.dispatch.follow(planOf(...gateway.lives))
  await gateway.dispatch.drain()
  expect(calls()).toBe(0)
})

test('a new plan leaves the sinks that it keeps untouched, and closes the others', async () => {
  const closed: string[] = []
  const named = (name: string): Sink => ({
    async deliver() {},
    async close() {
      closed.push(name)
    },
  })
  const gateway = setup({ sinks: {} })
  const kept = live('kept', named('kept'))
  const old = live('changed', named('old'))
  gateway.dispatch.follow(planOf(kept, old))
  gateway.dispatch.follow(planOf(kept, live('changed', named('new'))))
  await expect.poll(() => closed).toEqual(['old'])
  await gateway.dispatch.close()
  expect(closed.sort()).toEqual(['kept', 'new', 'old'])
})
