import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../../src/core/errors.ts'
import { createSharedRate } from '../../../src/core/lane/shared-rate.ts'
import type { SinkSettings } from '../../../src/core/plan.ts'
import type { Sink } from '../../../src/core/plugin.ts'
import type { Store } from '../../../src/core/store.ts'
import { memoryLanes } from '../../../src/stores/memory/lanes.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { openGateways, withLanes } from '../gateways.ts'

const SECOND = 1000

/** Gateways whose sinks tell who has sent when, in milliseconds from the start. */
function openTimed(settings: Partial<SinkSettings>, stores: ((store: Store) => Store)[]) {
  const sent: { by: number; at: number }[] = []
  const own = stores.map((store, by) => ({
    store,
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

  test('1000/s are reached, while each answer of the store takes 20 ms, and some ask for more', async () => {
    const slow = (store: Store) =>
      withLanes(store, ({ slots }) => ({
        slots: async (query) => {
          const given = await slots(query)
          await all.later(20)
          return given
        },
      }))
    await using all = openTimed({ rateLimit: 1000, concurrency: 16 }, [slow, slow])
    await all.owe(1200)
    await all.start()
    await all.runTo(SECOND)
    expect(all.sent.length).toBeGreaterThan(930)
    // What was reserved while its answer was on its way goes at once, as if a timer were late.
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

  test('where the store cannot be asked, each keeps the rate by itself, and says so once', async () => {
    let isOut = true
    let asked = 0
    const failing = (store: Store) =>
      withLanes(store, (lanes) => ({
        slots(query) {
          asked++
          return isOut ? Promise.reject(new Error('gone')) : lanes.slots(query)
        },
        breakers: () => (isOut ? Promise.reject(new Error('gone')) : lanes.breakers()),
      }))
    await using all = openTimed({ rateLimit: 20 }, [failing, failing])
    await all.owe(400)
    await all.start()
    await all.runTo(4 * SECOND)
    expect([all.by(0), all.by(1)].every((count) => count >= 79 && count <= 82)).toBe(true)
    // Nobody waits each time anew.
    expect(asked).toBeLessThanOrEqual(2)
    const log = () => all.gateways[0]?.log.lines.join('\n') ?? ''
    expect(log().match(/cannot ask the store for rates and breakers/g)).toHaveLength(1)
    isOut = false
    await all.runTo(6 * SECOND)
    const before = all.sent.length
    await all.runTo(8 * SECOND)
    expect(all.sent.length - before).toBeLessThanOrEqual(41)
    expect(log()).toContain('shared with the other gateways again')
  })
})

describe('of one gateway', () => {
  /** A rate by itself, whose answers are there when `answer` resolves. */
  function createOne(perSecond: number) {
    const lanes = memoryLanes()
    const asked: number[] = []
    const rate = createSharedRate(
      perSecond,
      (query) => {
        asked.push(query.want)
        return lanes.slots({ ...query, sink: 'a' })
      },
      () => {},
    )
    const want = async (count: number, now: number) => {
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
