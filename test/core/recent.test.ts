import { expect, test } from 'vitest'
import { createRecent, durationOf, KEPT_MINUTES } from '../../src/core/recent.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { attempted, received } from '../happenings.ts'
import { recordingLog } from '../log.ts'
import { acceptance } from '../stores/samples.ts'

const MINUTE_MS = 60_000

function setup() {
  const clock = { now: 1_000_000 * MINUTE_MS + 5000 }
  const store = openMemoryStore()
  const recent = createRecent(store, { now: () => clock.now, log: recordingLog() })
  return { clock, store, recent }
}

test('an hour of minutes, whatever happened in them', async () => {
  const { clock, recent } = setup()
  recent.observe(received('feishu', 'approval_cc', 'accepted', 3))
  recent.observe(received('feishu', '', 'rejected', 0))
  clock.now += 2 * MINUTE_MS
  recent.observe(attempted('lake', 'failed', 40))
  recent.observe(attempted('lake', 'delivered', 40))
  const minutes = await recent.minutes()
  expect(minutes).toHaveLength(KEPT_MINUTES)
  expect(minutes.map(({ at }) => at % MINUTE_MS)).toEqual(minutes.map(() => 0))
  expect(minutes.at(-3)?.received).toMatchObject({ accepted: 1, rejected: 1, quarantined: 0 })
  expect(minutes.at(-1)?.sinks.get('lake')).toMatchObject({ delivered: 1, failed: 1, dead: 0 })
  expect(minutes.slice(0, -3).every(({ sinks }) => sinks.size === 0)).toBe(true)
})

test('what is over is forgotten', async () => {
  const { clock, recent } = setup()
  recent.observe(attempted('lake', 'delivered', 1))
  clock.now += KEPT_MINUTES * MINUTE_MS
  recent.observe(attempted('lake', 'delivered', 1))
  const counted = (await recent.minutes()).filter(({ sinks }) => sinks.size > 0)
  expect(counted).toHaveLength(1)
})

test('a clock that is set back goes on counting from there', async () => {
  const { clock, recent } = setup()
  recent.observe(attempted('lake', 'delivered', 1))
  clock.now -= 120 * MINUTE_MS
  for (let minute = 0; minute < 30; minute++) {
    recent.observe(attempted('lake', 'delivered', 1))
    clock.now += MINUTE_MS
  }
  const minutes = await recent.minutes()
  const delivered = minutes.map(({ sinks }) => sinks.get('lake')?.delivered ?? 0)
  expect(delivered.reduce((sum, one) => sum + one)).toBe(30)
})

test('what is owed is asked of the store, once for each minute and when somebody looks', async () => {
  const { store, recent } = setup()
  await store.accept([acceptance('a')], Date.now())
  const last = (await recent.minutes()).at(-1)
  expect(last?.owed?.get('lake')?.pending).toBe(1)
})

test.for([
  { durations: [], share: 0.95, bound: null },
  { durations: [3], share: 0.5, bound: 5 },
  { durations: [3, 3, 3, 40], share: 0.5, bound: 5 },
  { durations: [3, 3, 3, 40], share: 0.95, bound: 50 },
  { durations: [99_999], share: 0.5, bound: Number.POSITIVE_INFINITY },
])('by when $share of $durations had ended', async ({ durations, share, bound }) => {
  const { recent } = setup()
  for (const ms of durations) recent.observe(attempted('lake', 'delivered', ms))
  const sinks = (await recent.minutes()).flatMap((minute) => [...minute.sinks.values()])
  expect(durationOf(sinks, share)).toBe(bound)
})

test('how routes.yaml was last read is kept', () => {
  const { recent } = setup()
  expect(recent.lastReload()).toBeUndefined()
  const reloaded = { kind: 'reloaded', at: 5, result: 'rejected', problems: 'line 3' } as const
  recent.observe(reloaded)
  recent.observe(attempted('lake', 'delivered', 1))
  expect(recent.lastReload()).toBe(reloaded)
})
