import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../../src/core/errors.ts'
import { createSharedRate } from '../../../src/core/lane/shared-rate.ts'
import type { SinkSettings } from '../../../src/core/plan.ts'
import type { Sink } from '../../../src/core/plugin.ts'
import type { Store } from '../../../src/core/store.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { openGateways, withLanes } from '../gateways.ts'
import { memoryLanes } from './memory-lanes.ts'

const SECOND = 1000

type Far = (store: Store, later: (ms: number) => Promise<void>) => Store

/** A store whose lanes are so far away, there and back, one time and the next. */
const far =
  (tripsMs: readonly number[]): Far =>
  (store, later) => {
    let asked = 0
    return withLanes(store, ({ slots }) => ({
      async slots(query) {
        const tripMs = tripsMs[asked++ % tripsMs.length] ?? 0
        await later(tripMs / 2)
        const given = await slots(query)
        await later(tripMs / 2)
        return given
      },
    }))
  }

/** Gateways whose sinks tell who has sent when, in milliseconds from the start. */
function openTimed(settings: Partial<SinkSettings>, stores: Far[]) {
  const sent: { by: number; at: number }[] = []
  const own = stores.map((of, by) => ({
    store: (store: Store) => of(store, (ms) => all.later(ms)),
    sink: { deliver: async () => void sent.push({ by, at: all.now() }) } satisfies Sink,
  }))
  const all = openGateways({ deliver: async () => {} }, settings, own)
  return Object.assign(all, {
    sent,
    /** The most in any window of that length. */
    most: (windowMs: number) =>
      Math.max(
        ...sent.map(
          ({ at }) => sent.filter((one) => one.at >= at && one.at < at + windowMs).length,
        ),
      ),
    by: (gateway: number) => sent.filter(({ by }) => by === gateway).length,
  })
}

const asItIs = (store: Store) => store

describe('a rate that several gateways keep', () => {
  test('three with a backlog send it at that rate together, evenly, and each has its part', async () => {
    await using all = openTimed({ rateLimit: 20 }, [asItIs, asItIs, asItIs])
    await all.owe(150)
    await all.start()
    await all.runTo(5 * SECOND)
    expect(all.sent.length).toBeGreaterThanOrEqual(99)
    expect(all.most(SECOND)).toBe(20)
    expect(all.most(100)).toBe(2)
    for (const gateway of [0, 1, 2]) expect(all.by(gateway)).toBeGreaterThan(10)
  })

  test('one that has nothing to send takes nothing from the others, and asks for nothing', async () => {
    let asked = 0
    const idle = (store: Store): Store => ({
      ...withLanes(store, ({ slots }) => ({
        slots: (query) => {
          asked++
          return slots(query)
        },
      })),
      claim: async () => [],
      nextDueAt: async () => null,
    })
    await using all = openTimed({ rateLimit: 20 }, [asItIs, idle])
    await all.owe(150)
    await all.start()
    await all.runTo(5 * SECOND)
    expect([all.by(0) >= 99, all.by(1), asked]).toEqual([true, 0, 0])
  })

  test.each([
    ['30 ms', [30]],
    ['300 ms', [300]],
    ['1.5 s', [1500]],
    ['600 ms, or 50', [600, 50]],
  ])('where the store answers after %s, what comes is sent all the same', async (_, tripsMs) => {
    await using all = openTimed({ rateLimit: 100 }, [far(tripsMs)])
    await all.start()
    for (let each = 1; each <= 6; each++) {
      await all.owe(1)
      await all.runTo(each * 5 * SECOND)
      expect(all.sent).toHaveLength(each)
    }
  })

  test('however long the store takes, no window has more', async () => {
    const stores = [far([300]), far([900, 20, 40]), far([5, 1500])]
    await using all = openTimed({ rateLimit: 100, concurrency: 16 }, stores)
    await all.owe(400)
    await all.start()
    await all.runTo(15 * SECOND)
    expect(all.sent.length).toBe(400)
    const lateMs = 20
    for (const windowMs of [50, 200, 1000]) {
      expect(all.most(windowMs)).toBeLessThanOrEqual((windowMs + lateMs) / 10 + 1)
    }
  })

  test('1000/s are reached, while each answer of the store takes 20 ms, and some ask for more', async () => {
    await using all = openTimed({ rateLimit: 1000, concurrency: 16 }, [far([20]), far([20])])
    await all.owe(1200)
    await all.start()
    await all.runTo(SECOND)
    expect(all.sent.length).toBeGreaterThan(930)
    expect(all.most(100)).toBeLessThanOrEqual(120)
  })

  test('one whose deliveries take long reserves no more than it can start', async () => {
    const sent: number[] = []
    const take = (ms: number, by: number): Sink => ({
      async deliver() {
        sent.push(by)
        await all.later(ms)
      },
    })
    const settings = { rateLimit: 20, concurrency: 4, timeoutMs: 60 * SECOND }
    const own = [{ sink: take(1, 0) }, { sink: take(4 * SECOND, 1) }]
    await using all = openGateways({ deliver: async () => {} }, settings, own)
    await all.owe(300)
    await all.start()
    await all.runTo(10 * SECOND)
    const slow = sent.filter((by) => by === 1).length
    expect(slow).toBeGreaterThanOrEqual(8)
    expect(sent.length).toBeGreaterThan(190)
  })

  test('slower than a lane may hold anything: whoever is first to ask has the slot', async () => {
    await using all = openTimed({ rateLimit: 2 / 60 }, [asItIs, asItIs, asItIs])
    await all.owe(20)
    await all.start()
    await all.runTo(200 * SECOND)
    const times = [0, 30, 60, 90, 120, 150, 180].map((second) => second * SECOND)
    expect(all.sent.map(({ at }) => at)).toEqual(times)
    // Nobody sits on what it cannot send.
    expect(all.gateways.map(({ dispatch }) => dispatch.status()[0]?.inFlight)).toEqual([0, 0, 0])
    const claimed = await all.gateways[0]?.store.claim({
      ...{ sink: 'a', now: Number.MAX_SAFE_INTEGER, leaseMs: 1, limit: 99 },
    })
    expect(new Set(claimed?.map(({ attempt, cutShort }) => attempt + cutShort))).toEqual(
      new Set([1]),
    )
  })

  test('a quick try waits for no slot: without one it is not made', async () => {
    const tries: number[] = []
    const sink: Sink = {
      async deliver() {
        tries.push(all.now())
        throw new DeliveryError('down', { transient: true })
      },
    }
    const retry = { waits: [60_000], jitter: 0, quick: 3 }
    await using all = openGateways(sink, { rateLimit: 1, retry }, [{}, {}])
    await all.owe(2)
    await all.start()
    await all.runTo(3 * SECOND)
    expect(tries).toEqual([0, SECOND])
  })

  test('where the store cannot be asked nothing is sent without a slot, and that is said once', async () => {
    const state = { isOut: false, asked: 0 }
    const failing = (store: Store) =>
      withLanes(store, (lanes) => {
        const orFail = async <T>(ask: () => Promise<T>) => {
          state.asked++
          if (state.isOut) throw new Error('gone')
          return ask()
        }
        return {
          slots: (query) => orFail(() => lanes.slots(query)),
          breakers: () => orFail(() => lanes.breakers()),
        }
      })
    await using all = openTimed({ rateLimit: 20 }, [failing, failing])
    await all.owe(400)
    await all.start()
    await all.runTo(2 * SECOND)
    state.isOut = true
    state.asked = 0
    await all.runTo(8 * SECOND)
    // What was reserved already.
    expect(all.sent.length).toBeLessThanOrEqual(40 + 11)
    // Nobody waits each time anew: once a second, and once before it was known.
    expect(state.asked).toBeLessThanOrEqual(2 * 7)
    const log = () => all.gateways[0]?.log.lines.join('\n') ?? ''
    expect(log().match(/cannot ask the store for rates and breakers/g)).toHaveLength(1)
    state.isOut = false
    await all.runTo(10 * SECOND)
    const before = all.sent.length
    await all.runTo(12 * SECOND)
    expect(all.sent.length - before).toBeGreaterThanOrEqual(38)
    expect(all.most(SECOND)).toBeLessThanOrEqual(21)
    expect(log()).toContain('shared with the other gateways again')
  })

  test('an answer that is slow makes none send by itself', async () => {
    await using all = openTimed({ rateLimit: 20 }, [far([3 * SECOND]), far([3 * SECOND])])
    await all.owe(400)
    await all.start()
    await all.runTo(20 * SECOND)
    expect(all.sent.length).toBeGreaterThan(20)
    expect(all.most(SECOND)).toBeLessThanOrEqual(21)
  })
})

describe('of one gateway', () => {
  /** A rate by itself, whose answers are there when `answer` resolves. */
  function createOne(perSecond: number) {
    const lanes = memoryLanes()
    const asked: number[] = []
    let clock = 0
    const rate = createSharedRate(perSecond, {
      now: () => clock,
      ask: (query) => {
        asked.push(query.want)
        return lanes.slots({ ...query, sink: 'a' })
      },
      pump() {},
    })
    const want = async (count: number, now: number) => {
      clock = now
      rate.want(count, now)
      await Promise.resolve().then(() => {})
      await Promise.resolve()
    }
    return { rate, asked, want }
  }

  test('without a slot nothing may be sent, however long ago the last was', async () => {
    const { rate, want } = createOne(10)
    expect(rate.nextAt(0)).toBeGreaterThan(0)
    await want(1, 0)
    expect(rate.nextAt(0)).toBe(0)
    rate.spend(0)
    expect(rate.nextAt(60_000)).toBeGreaterThan(60_000)
  })

  test('slots that a slow host has missed are lost, not made up for at once', async () => {
    const { rate, want } = createOne(1000)
    await want(500, 0)
    let burst = 0
    while (rate.nextAt(200) <= 200) {
      rate.spend(200)
      burst++
    }
    expect(burst).toBeLessThanOrEqual(21)
  })

  test('a clock that is set back by an hour stops it for no more than ten seconds', async () => {
    const { rate, want } = createOne(10)
    await want(3, 3_600_000)
    rate.spend(3_600_000)
    await want(3, 0)
    expect(rate.nextAt(0)).toBeLessThanOrEqual(100)
  })

  test('what others have skipped may be earlier than what it has', async () => {
    const answers = [300, 100]
    const rate = createSharedRate(10, {
      now: () => 0,
      ask: async () => ({ first: answers.shift() ?? 0, count: 1, nextAt: 200 }),
      pump() {},
    })
    for (const count of [1, 2]) {
      rate.want(count, 0)
      await Promise.resolve()
    }
    expect(rate.nextAt(0)).toBe(100)
    rate.spend(100)
    expect(rate.nextAt(100)).toBe(300)
  })

  test('it asks again while it still has some, and for no more than it lacks', async () => {
    const { asked, want } = createOne(100)
    await want(40, 0)
    await want(40, 9)
    expect(asked).toEqual([40])
    await want(40, 10)
    expect(asked).toEqual([40, 14])
    await want(20, 100)
    expect(asked).toHaveLength(2)
  })
})

test('a store of one process shares nothing: nothing is asked of it', () => {
  expect(openMemoryStore().lanes).toBeUndefined()
})
