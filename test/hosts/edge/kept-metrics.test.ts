import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openKeptMetrics } from '../../../src/hosts/edge/kept-metrics.ts'
import { createMetricRegistry } from '../../../src/hosts/metric-registry.ts'
import { createMetrics } from '../../../src/hosts/metrics.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { attempted, received } from '../../happenings.ts'
import { recordingLog } from '../../log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An object's storage, and the metrics of each isolate that has it. */
function setup() {
  const values = new Map<string, string>()
  const puts: string[] = []
  const log = recordingLog()
  const storage = {
    get: async (key: string) => values.get(key),
    async put(key: string, value: string) {
      puts.push(value)
      values.set(key, value)
    },
  }
  const open = async () => {
    const kept = await openKeptMetrics(storage, log)
    const running = { status: () => [], connections: () => [] }
    return createMetrics(createMetricRegistry(kept), openMemoryStore(), running)
  }
  return { storage, values, puts, log, open }
}

test('counters and histograms go on where the isolate before has ended', async () => {
  const { open } = setup()
  const first = await open()
  for (const ms of [1, 40, 7000]) {
    first.observe(received('feishu', 'approval_cc', 'accepted', ms))
    first.observe(attempted('lake', 'delivered', ms))
  }
  first.observe(received('feishu', '', 'rejected', 0))
  await vi.advanceTimersByTimeAsync(5_000)
  const second = await open()
  expect(await second.render()).toBe(await first.render())

  for (const { observe } of [first, second]) observe(attempted('lake', 'delivered', 12))
  const text = await second.render()
  expect(text).toContain('lark_fanout_deliveries_total{sink="lake",result="delivered"} 4')
  expect(text).toBe(await first.render())
})

test('many changes are one write each five seconds, and none is written where nothing changes', async () => {
  const { open, puts } = setup()
  const { observe } = await open()
  for (let tenths = 0; tenths < 100; tenths++) {
    observe(attempted('lake', 'delivered', 5))
    await vi.advanceTimersByTimeAsync(100)
  }
  await vi.advanceTimersByTimeAsync(60_000)
  await open()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(puts).toHaveLength(2)
  expect(vi.getTimerCount()).toBe(0)
})

test('a write that fails is in the log, and the next change writes anew', async () => {
  const { open, storage, puts, log } = setup()
  const { observe } = await open()
  const { put } = storage
  storage.put = () => Promise.reject(new Error('the storage is full'))
  observe(attempted('lake', 'delivered', 5))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(log.lines).toEqual(['error cannot keep the metrics {"error":"the storage is full"}'])
  storage.put = put
  observe(attempted('lake', 'delivered', 5))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(puts).toHaveLength(1)
})

test('metrics that an earlier version has kept in another form begin anew', async () => {
  const { open, values } = setup()
  const labels = { sink: 'lake' }
  const saved = { lark_fanout_delivery_seconds: [[labels, [3, 1, 1]]], gone_total: [[{}, [7]]] }
  values.set('metrics', JSON.stringify(saved))
  const { observe, render } = await open()
  observe(attempted('lake', 'delivered', 5))
  const text = await render()
  expect(text).toContain('lark_fanout_delivery_seconds_count{sink="lake"} 1')
  expect(text).not.toContain('gone_total')
})
