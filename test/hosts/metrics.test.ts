import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import type { LaneStatus } from '../../src/core/lane/status.ts'
import { createMetricRegistry } from '../../src/hosts/metric-registry.ts'
import {
  createMetrics,
  type MetricRegistry,
  type Metrics,
  type Running,
} from '../../src/hosts/metrics.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { attempted, received } from '../happenings.ts'
import { acceptance, settlement, T } from '../stores/samples.ts'

const lane = (sink: string, breaker: LaneStatus['breaker']): LaneStatus => ({
  sink,
  breaker,
  breakerUntil: null,
  pausedBy: [],
  ready: true,
  inFlight: 0,
  deliveredPerMinute: 0,
  failedPerMinute: 0,
})

const running: Running = {
  status: () => [lane('lake', 'open'), lane('idle', 'closed')],
  connections: () => [{ source: 'line', connected: true }],
}

/** Two deliveries owed for 1.5 s, and one dead. */
async function openStore() {
  const store = openMemoryStore()
  await store.accept([acceptance('a'), acceptance('b'), acceptance('c')], T)
  const [first] = await store.claim({ sink: 'lake', now: T, leaseMs: 1000, limit: 1 })
  if (first) await store.settle([settlement(first, { state: 'dead', reason: 'HTTP 500' })])
  return store
}

async function renderAll(metrics: Metrics): Promise<readonly string[]> {
  const before = await metrics.render()
  for (const ms of [0, 0.7, 1, 2.5, 17, 999.9, 3000, 3001, 1e6]) {
    metrics.observe(received('feishu', 'approval_cc', 'accepted', ms))
    metrics.observe(attempted('lake', 'delivered', ms))
  }
  metrics.observe(received('feishu', '', 'rejected', 1))
  metrics.observe(attempted('a "sink"\n', 'failed', 5))
  metrics.observe(attempted('back\\slash', 'dead', 5))
  metrics.observe({ kind: 'reloaded', at: 0, result: 'rejected', problems: 'a' })
  return [before, await metrics.render()]
}

/** The field's own, which sees to it that what we write is what its scrapers read. */
function promClient(): MetricRegistry {
  const registry = new Registry()
  const registers = [registry]
  return {
    counter: (family) => new Counter({ ...family, registers }),
    gauge: (family) => new Gauge({ ...family, registers }),
    histogram: ({ buckets, ...family }) =>
      new Histogram({ ...family, buckets: [...buckets], registers }),
    render: () => registry.metrics(),
  }
}

test('what is written is what prom-client writes, to the letter', async () => {
  const store = await openStore()
  const now = () => T + 1500
  const [ours, theirs] = [
    await renderAll(createMetrics(createMetricRegistry(), store, running, now)),
    await renderAll(createMetrics(promClient(), store, running, now)),
  ]
  expect(ours[1]).toContain('lark_fanout_oldest_pending_seconds{sink="lake"} 1.5')
  expect(ours[1]).toContain('lark_fanout_delivery_seconds_count{sink="lake"} 9')
  expect(ours).toEqual(theirs)
})
