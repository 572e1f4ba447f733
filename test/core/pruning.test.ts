import { expect, test } from 'vitest'
import type { PruneQuery } from '../../src/core/ledger.ts'
import { createPruning } from '../../src/core/pruning.ts'
import { recordingLog } from '../log.ts'

const DAY = 86_400_000
const MINUTE = 60_000
const START = 1_700_000_000_000

/** Pruning over a store of so many batches, with a clock that the test moves. */
function setup(batches: number, { failures = 0 } = {}) {
  const clock = { now: START }
  const queries: PruneQuery[] = []
  const wakes: number[] = []
  const log = recordingLog()
  const ledger = {
    async prune(query: PruneQuery) {
      queries.push(query)
      if (failures-- > 0) throw new Error('disk full')
      const at = Number(query.cursor ?? 0) + 1
      return { count: 1, next: at < batches ? String(at) : null }
    },
  }
  const retention = { deliveredMs: 7 * DAY, deadMs: 60 * DAY }
  const runtime = { now: () => clock.now, log }
  const wakeAt = (time: number) => void wakes.push(time)
  const pruning = createPruning({ ledger, runtime, retention: () => retention, wakeAt })
  /** Moves the clock to the time that was asked for, and wakes. */
  async function next(): Promise<void> {
    const asked = wakes.length
    clock.now = Math.max(clock.now, ...wakes)
    pruning.wake()
    await expect.poll(() => wakes.length).toBeGreaterThan(asked)
  }
  return { pruning, clock, queries, wakes, log, next }
}

test('a batch at a time, with a rest in between; then nothing for ten minutes', async () => {
  const { queries, wakes, next } = setup(3)
  await next()
  expect(queries[0]).toMatchObject({
    deliveredBefore: START - 7 * DAY,
    deadBefore: START - 60 * DAY,
    identitiesBefore: START - 60 * DAY,
    auditBefore: START - 365 * DAY,
  })
  expect(wakes).toEqual([START + 25])
  await next()
  await next()
  expect(queries.map(({ cursor }) => cursor)).toEqual([undefined, '1', '2'])
  expect(wakes.at(-1)).toBe(START + 50 + 10 * MINUTE)
  await next()
  expect(queries.at(-1)?.cursor).toBeUndefined()
})

test('woken before it is time, it asks to be woken then, and prunes nothing', async () => {
  const { pruning, queries, wakes, next } = setup(1)
  await next()
  pruning.wake()
  expect(queries).toHaveLength(1)
  expect(wakes.at(-1)).toBe(START + 10 * MINUTE)
})

test('a clock that is set back does not keep it waiting for as long', async () => {
  const { pruning, clock, wakes, next } = setup(1)
  await next()
  clock.now -= 365 * DAY
  pruning.wake()
  expect(wakes.at(-1)).toBe(clock.now + 10 * MINUTE)
})

test('a store that fails is told of, and tried again later', async () => {
  const { queries, log, next } = setup(1, { failures: 1 })
  await next()
  expect(log.lines.join()).toContain('disk full')
  await next()
  expect(queries).toHaveLength(2)
})

test('closing waits for the batch in hand, and begins no other', async () => {
  const { pruning, queries } = setup(9)
  pruning.wake()
  await pruning.close()
  pruning.wake()
  expect(queries).toHaveLength(1)
})
