import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  type BreakerReport,
  keyText,
  type SharedLanes,
  type SlotQuery,
} from '../../src/core/lane/shared.ts'
import { memoryLanes } from '../core/lane/memory-lanes.ts'
import { T } from '../stores/samples.ts'

const SECOND = 1000
const COOLDOWN = 30 * SECOND
const TRY = 20 * SECOND

/** What gateways over one store rely on, whatever it is made of. `open` gives an empty one. */
export function lanesLaws(name: string, open: () => Promise<SharedLanes>): void {
  describe(`the laws of what gateways know together: ${name}`, () => {
    let lanes: SharedLanes
    beforeEach(async () => {
      lanes = await open()
    })
    slotLaws(() => lanes)
    breakerLaws(() => lanes)
    describe('of a breaker that is open', () => tryLaws(() => lanes))

    test('whatever is asked, all engines answer the same', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const [one, other] = [await open(), memoryLanes()]
          for (const ask of steps) expect(await ask(one)).toEqual(await ask(other))
        }),
        { numRuns: 40 },
      )
    })
  })
}

function slotLaws(lanes: () => SharedLanes): void {
  const ask = (query: Partial<SlotQuery> & { sink?: string } = {}) => {
    const { now = T } = query
    return lanes().slots({ sink: 'a', intervalMs: 50, want: 4, until: now + 500, now, ...query })
  }

  test('slots go on evenly after whatever anyone was given', async () => {
    expect(await ask()).toEqual({ first: T, count: 4, nextAt: T + 200 })
    expect(await ask({ now: T + 10, want: 2 })).toEqual({
      first: T + 200,
      count: 2,
      nextAt: T + 300,
    })
    expect(await ask({ sink: 'b' })).toMatchObject({ first: T })
  })

  test('those who ask at once never get the same', async () => {
    const given = await Promise.all(Array.from({ length: 8 }, () => ask({ want: 2 })))
    const times = given.flatMap(({ first, count }) =>
      Array.from({ length: count }, (_, i) => first + i * 50),
    )
    expect(times.toSorted((a, b) => a - b)).toEqual(times.map((_, i) => T + i * 50))
  })

  test('none is later than was asked for, and some are left for whoever asks next', async () => {
    const counts: number[] = []
    for (let each = 0; each < 6; each++) counts.push((await ask({ want: 99 })).count)
    expect(counts).toEqual([6, 3, 1, 1, 0, 0])
    expect(await ask()).toEqual({ first: T + 550, count: 0, nextAt: T + 550 })
  })

  test('what one who is far away skips is for those who are nearer, and all stay an interval apart', async () => {
    await ask({ want: 1 })
    expect(await ask({ now: T + 300 })).toMatchObject({ first: T + 300, count: 4 })
    expect(await ask()).toMatchObject({ first: T + 50, count: 3 })
    expect(await ask({ now: T + 60, want: 1 })).toMatchObject({ first: T + 200, count: 1 })
    expect(await ask({ now: T + 210, want: 1 })).toMatchObject({ first: T + 250, count: 1 })
    expect(await ask({ now: T + 210, want: 1 })).toMatchObject({ first: T + 500, count: 1 })
  })

  test('after a rest there is no arrears to catch up with', async () => {
    await ask()
    expect(await ask({ now: T + 60 * SECOND })).toMatchObject({ first: T + 60 * SECOND })
  })

  test('a clock that is set back does not stop it: an interval later it goes on', async () => {
    await ask({ now: T + 3600 * SECOND })
    expect(await ask()).toMatchObject({ first: T + 50, count: 4 })
  })

  test('a clock that is some seconds behind the others gets no more than its share of time', async () => {
    await ask({ now: T + 5 * SECOND })
    expect(await ask()).toEqual({ first: T + 5200, count: 0, nextAt: T + 5200 })
  })

  test('slower than once in the horizon, one is given at its time', async () => {
    const slow = { intervalMs: 30 * SECOND }
    expect(await ask(slow)).toMatchObject({ first: T, count: 1 })
    expect(await ask({ ...slow, now: T + 20 * SECOND })).toMatchObject({ count: 0 })
    expect(await ask({ ...slow, now: T + 29_750 })).toMatchObject({
      first: T + 30_000,
      count: 1,
    })
  })
}

const reportOf = (report: Partial<BreakerReport> & { mark?: string } = {}) => ({
  ...{ sink: 'a', mark: 'options', succeeded: false, failures: 1, seen: null, limit: 3 },
  ...{ cooldownMs: COOLDOWN, now: T },
  ...report,
})

function breakerLaws(lanes: () => SharedLanes): void {
  const report = (what?: Parameters<typeof reportOf>[0]) => lanes().report(reportOf(what))

  test('failures in a row are counted over all who report, and open it', async () => {
    expect(await report()).toMatchObject({ failures: 1, openUntil: null })
    expect(await report()).toMatchObject({ failures: 2, openUntil: null })
    expect(await report({ now: T + 1 })).toMatchObject({ openUntil: T + 1 + COOLDOWN })
  })

  test('each of many at once counts', async () => {
    await Promise.all(Array.from({ length: 20 }, () => report({ limit: 99 })))
    expect(await lanes().breakers()).toMatchObject([{ sink: 'a', failures: 20 }])
  })

  test('a success begins the count anew', async () => {
    await report({ failures: 2 })
    expect(await report({ succeeded: true })).toMatchObject({ failures: 1 })
    expect(await report({ succeeded: true, failures: 0 })).toMatchObject({ failures: 0 })
    expect(await lanes().breakers()).toEqual([])
  })

  test('what was under way when it opened says nothing any more', async () => {
    const open = await report({ failures: 3 })
    expect(await report({ now: T + SECOND })).toMatchObject({ openUntil: open.openUntil })
    expect(await report({ succeeded: true, failures: 0 })).toMatchObject(open)
  })

  test('a failed try opens it again, one that succeeds closes it', async () => {
    const { openUntil: seen } = await report({ failures: 3 })
    const again = await report({ seen, now: T + 40 * SECOND })
    expect(again.openUntil).toBe(T + 40 * SECOND + COOLDOWN)
    const closed = await report({ seen: again.openUntil, succeeded: true, failures: 0 })
    expect(closed).toMatchObject({ failures: 0, openUntil: null, tryingUntil: null })
  })

  test('gateways with other options for a sink keep a breaker of their own, and neither ends the other', async () => {
    for (let each = 1; each <= 2; each++) {
      expect(await report()).toMatchObject({ failures: each, openUntil: null })
      expect(await report({ mark: 'others' })).toMatchObject({ failures: each, openUntil: null })
    }
    const { openUntil } = await report()
    expect(await report({ mark: 'others', succeeded: true, failures: 0 })).toMatchObject({
      failures: 0,
    })
    expect(await lanes().breakers()).toMatchObject([{ mark: 'options', openUntil }])
  })

  test('what nobody has told of for an hour goes when other options are told of', async () => {
    await report({ failures: 3 })
    await lanes().report({ ...reportOf(), sink: 'b' })
    const marks = async (now: number) => {
      await report({ mark: 'others', now })
      const told = await lanes().breakers()
      return told.map(({ sink, mark }) => `${sink} ${mark}`).toSorted()
    }
    expect(await marks(T + 3600 * SECOND)).toEqual(['a options', 'a others', 'b options'])
    expect(await marks(T + 3601 * SECOND)).toEqual(['a others', 'b options'])
  })

  test('all that are not at rest are told at once', async () => {
    await report({ failures: 3 })
    await lanes().report({ ...reportOf(), sink: 'b' })
    await lanes().report({ ...reportOf({ succeeded: true, failures: 0 }), sink: 'c' })
    await lanes().slots({ sink: 'd', intervalMs: 50, want: 1, until: T + 500, now: T })
    const told = await lanes().breakers()
    expect(told.toSorted((a, b) => (a.sink < b.sink ? -1 : 1))).toMatchObject([
      { sink: 'a', mark: 'options', failures: 0, openUntil: T + COOLDOWN, tryingUntil: null },
      { sink: 'b', mark: 'options', failures: 1, openUntil: null },
    ])
  })
}

function tryLaws(lanes: () => SharedLanes): void {
  const seen = T + COOLDOWN
  const tryAt = (now: number, mark = 'options') =>
    lanes().try({ sink: 'a', mark, seen, cooldownMs: COOLDOWN, tryMs: TRY, now })
  const report = (what: Parameters<typeof reportOf>[0]) => lanes().report(reportOf(what))
  beforeEach(() => report({ failures: 3 }))

  test('once the cooldown is over, one of all has leave to try', async () => {
    expect(await tryAt(seen - 1)).toMatchObject({ granted: false, openUntil: seen })
    const answers = await Promise.all(Array.from({ length: 5 }, () => tryAt(seen)))
    expect(answers.filter(({ granted }) => granted)).toHaveLength(1)
    expect(new Set(answers.map(({ tryingUntil }) => tryingUntil))).toEqual(new Set([seen + TRY]))
  })

  test('leave ends by itself, where whoever had it has died', async () => {
    await tryAt(seen)
    expect(await tryAt(seen + TRY - 1)).toMatchObject({ granted: false })
    expect(await tryAt(seen + TRY)).toMatchObject({ granted: true })
  })

  test('leave that was given back is for the next', async () => {
    await tryAt(seen)
    expect(await report({ seen, failures: 0 })).toMatchObject({ openUntil: seen })
    expect(await tryAt(seen)).toMatchObject({ granted: true })
  })

  test('a try that failed is told to those who have not heard of it, and none has leave', async () => {
    await tryAt(seen)
    const { openUntil } = await report({ seen, now: seen })
    expect(await tryAt(seen + COOLDOWN)).toMatchObject({ granted: false, openUntil })
  })

  test('a closed one needs no try, nor does one with other options', async () => {
    expect(await tryAt(seen, 'others')).toMatchObject({ granted: false, openUntil: null })
    await report({ seen, succeeded: true, failures: 0 })
    expect(await tryAt(seen)).toMatchObject({ granted: false, openUntil: null })
  })

  test('a clock that is set back to before the opening ends the wait', async () => {
    expect(await tryAt(T - 3600 * SECOND)).toMatchObject({ granted: true })
  })
}

/** Few times and few states, so that they meet. */
const now = fc.integer({ min: 0, max: 12 }).map((n) => T + n * 7 * SECOND)
const key = fc.record({ sink: fc.constantFrom('a', 'b'), mark: fc.constantFrom('one', 'two') })
const seen = fc.option(now.map((at) => at + COOLDOWN))

const step = fc.oneof(
  fc
    .record({ key, now, seen, succeeded: fc.boolean(), failures: fc.integer({ min: 0, max: 3 }) })
    .map(({ key, ...report }) => async (lanes: SharedLanes) => {
      const asked = { ...report, ...key, limit: 3, cooldownMs: COOLDOWN }
      const { failures, openUntil, tryingUntil } = await lanes.report(asked)
      return { failures, openUntil, tryingUntil }
    }),
  fc.record({ key, now, seen }).map(({ key, ...query }) => async (lanes: SharedLanes) => {
    const asked = { ...query, ...key, cooldownMs: COOLDOWN, tryMs: TRY }
    const { failures, openUntil, tryingUntil, granted } = await lanes.try(asked)
    return { failures, openUntil, tryingUntil, granted }
  }),
  fc
    .record({
      ...{ key, now, leadMs: fc.constantFrom(0, 120, 400) },
      ...{ want: fc.integer({ min: 1, max: 30 }), intervalMs: fc.constantFrom(1, 50) },
    })
    .map(({ key: { sink }, now, leadMs, ...query }) => async (lanes: SharedLanes) => {
      const from = now + leadMs
      return lanes.slots({ ...query, sink, now: from, until: from + 500 })
    }),
  fc.constant(async (lanes: SharedLanes) => {
    const told = await lanes.breakers()
    return told.toSorted((a, b) => (keyText(a) < keyText(b) ? -1 : 1))
  }),
)
