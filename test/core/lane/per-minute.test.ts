import { expect, test } from 'vitest'
import { createPerMinute } from '../../../src/core/lane/per-minute.ts'

test('counts the last minute, to five seconds', () => {
  const counter = createPerMinute()
  counter.add(0)
  counter.add(30_000)
  counter.add(30_001)
  expect(counter.count(59_999)).toBe(3)
  expect(counter.count(60_000)).toBe(2)
  expect(counter.count(94_999)).toBe(0)
})

test('whatever the clock does, it neither breaks nor counts what was long ago', () => {
  const counter = createPerMinute()
  counter.add(1_000_000_000)
  expect(counter.count(1_000_000_000 + 3_600_000)).toBe(0)
  counter.add(1_000_000_000)
  expect(counter.count(1_000_000_000)).toBe(1)
})
