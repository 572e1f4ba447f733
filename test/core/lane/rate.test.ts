import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRate } from '../../../src/core/lane/rate.ts'

/** Spends whatever it may over a time, looking every so many milliseconds; gives when. */
function spendAll(perSecond: number, { forMs, everyMs }: { forMs: number; everyMs: number }) {
  const rate = createRate(perSecond, 0)
  const spent: number[] = []
  for (let now = 0; now < forMs; now += everyMs) {
    while (rate.nextAt(now) <= now) {
      rate.spend(now)
      spent.push(now)
    }
  }
  return spent
}

test('requests are spaced evenly, and from whatever was before: no window has a burst', () => {
  expect(spendAll(5, { forMs: 1000, everyMs: 1 })).toEqual([200, 400, 600, 800])
})

test('after a rest there is no arrears to catch up with', () => {
  const rate = createRate(10, 0)
  rate.spend(0)
  rate.spend(60_000)
  expect(rate.nextAt(60_000)).toBe(60_100)
})

test('a clock that is set back does not stop it', () => {
  const rate = createRate(10, 0)
  rate.spend(3_600_000)
  expect(rate.nextAt(0)).toBe(100)
})

test.each([
  [5, 1],
  [50, 7],
  [300, 1],
  [1000, 1.3],
])(
  '%d/s, looked at every %d ms: no second has more, and the rate is made use of',
  (perSecond, everyMs) => {
    const spent = spendAll(perSecond, { forMs: 10_000, everyMs })
    const perWindow = spent.map(
      (from) => spent.filter((at) => at >= from && at < from + 1000).length,
    )
    expect(Math.max(...perWindow)).toBeLessThanOrEqual(perSecond + Math.ceil(perSecond / 100))
    expect(spent.length).toBeGreaterThan(perSecond * 10 * 0.7)
  },
)

test('slots say how many there will be time for', () => {
  const settings = fc.record({
    perSecond: fc.integer({ min: 1, max: 2000 }),
    withinMs: fc.integer({ min: 0, max: 2000 }),
  })
  fc.assert(
    fc.property(settings, ({ perSecond, withinMs }) => {
      const rate = createRate(perSecond, 0)
      rate.spend(0)
      const slots = rate.slots(0, withinMs)
      for (let each = 0; each < slots; each++) {
        const next = rate.nextAt(0)
        expect(next).toBeLessThanOrEqual(withinMs + 1e-6)
        rate.spend(0)
      }
      expect(rate.nextAt(0)).toBeGreaterThan(withinMs - 1e-6)
    }),
  )
})

test('without a limit there is always another', () => {
  const rate = createRate(null, 0)
  for (let each = 0; each < 1000; each++) rate.spend(0)
  expect([rate.nextAt(0) <= 0, rate.slots(0, 1)]).toEqual([true, Number.POSITIVE_INFINITY])
})
