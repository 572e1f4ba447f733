import { expect, test } from 'vitest'
import type { LaneStatus } from '../../src/core/lane/status.ts'
import { createEdgeMetrics } from '../../src/hosts/edge/edge-metrics.ts'
import type { Metrics, Running } from '../../src/hosts/metrics.ts'
import { createNodeMetrics } from '../../src/hosts/node-metrics.ts'
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

test('the edge writes what prom-client writes on Node, to the letter', async () => {
  const store = await openStore()
  const now = () => T + 1500
  const [ofNode, ofEdge] = [
    await renderAll(createNodeMetrics(store, running, now)),
    await renderAll(createEdgeMetrics({ saved: {}, changed() {} }, store, running, now)),
  ]
  expect(ofNode[1]).toContain('lark_fanout_oldest_pending_seconds{sink="lake"} 1.5')
  expect(ofNode[1]).toContain('lark_fanout_delivery_seconds_count{sink="lake"} 9')
  expect(ofEdge).toEqual(ofNode)
})
