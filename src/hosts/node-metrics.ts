import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ConnectionStatus } from '../core/connections.ts'
import type { LaneStatus } from '../core/lane/status.ts'
import type { Ledger } from '../core/ledger.ts'
import type { Meter } from '../core/meter.ts'

export interface NodeMetrics {
  readonly meter: Meter
  reloaded(result: 'applied' | 'rejected'): void
  /** Prometheus text format. Reads the backlog from the store. */
  render(): Promise<string>
}

const ACCEPT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3]
const DELIVERY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** What the running plan's sinks and sources say of themselves. */
export interface Running {
  /** Of each sink, which is shown even when it is owed nothing. */
  status(): readonly LaneStatus[]
  /** Of each source that connects by itself. */
  connections(): readonly ConnectionStatus[]
}

/** The metrics of one gateway. */
export function createNodeMetrics(ledger: Ledger, running: Running): NodeMetrics {
  const registry = new Registry()
  const registers = [registry]
  const reloads = new Counter({
    name: 'lark_fanout_config_reloads_total',
    help: 'Reloads of routes.yaml: applied, or rejected with its problems.',
    labelNames: ['result'],
    registers,
  })
  for (const result of ['applied', 'rejected']) reloads.inc({ result }, 0)
  const gauges = createGauges(registers)
  return {
    meter: createMeter(registers),
    reloaded: (result) => reloads.inc({ result }),
    async render() {
      await gauges.refresh(ledger, running)
      return registry.metrics()
    },
  }
}

function createMeter(registers: Registry[]): Meter {
  const count = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers })
  const time = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers })
  const events = count('lark_fanout_events_total', 'Callbacks by what became of them.', [
    'source',
    'type',
    'result',
  ])
  const deliveries = count('lark_fanout_deliveries_total', 'Attempts by how they ended.', [
    'sink',
    'result',
  ])
  const acceptHelp = 'From a whole request to its answer.'
  const accept = time('lark_fanout_accept_seconds', acceptHelp, [], ACCEPT_SECONDS)
  const deliveryHelp = 'Duration of an attempt, its quick tries included.'
  const delivery = time('lark_fanout_delivery_seconds', deliveryHelp, ['sink'], DELIVERY_SECONDS)
  return {
    received(source, type, result, durationMs) {
      events.inc({ source, type, result })
      accept.observe(durationMs / 1000)
    },
    attempted(sink, result, durationMs) {
      deliveries.inc({ sink, result })
      delivery.observe({ sink }, durationMs / 1000)
    },
  }
}

function createGauges(registers: Registry[]) {
  const gauge = (name: string, help: string, labelNames = ['sink']) =>
    new Gauge({ name, help, labelNames, registers })
  const pending = gauge('lark_fanout_backlog', 'Deliveries that are owed.')
  const oldest = gauge('lark_fanout_oldest_pending_seconds', 'Age of the oldest one owed.')
  const dead = gauge('lark_fanout_dead', 'Dead letters.')
  const breaker = gauge('lark_fanout_breaker_open', '1 while a sink that keeps failing is spared.')
  const connectedHelp = '1 while a source that connects by itself is connected.'
  const connected = gauge('lark_fanout_source_connected', connectedHelp, ['source'])
  return {
    async refresh(ledger: Ledger, running: Running): Promise<void> {
      const rows = await ledger.backlog()
      const sinks = running.status()
      connected.reset()
      for (const one of running.connections())
        connected.set({ source: one.source }, one.connected ? 1 : 0)
      for (const each of [pending, oldest, dead, breaker]) {
        each.reset()
        for (const { sink } of sinks) each.set({ sink }, 0)
      }
      for (const { sink, breaker: state } of sinks)
        breaker.set({ sink }, state === 'closed' ? 0 : 1)
      for (const row of rows) {
        pending.set({ sink: row.sink }, row.pending)
        dead.set({ sink: row.sink }, row.dead)
        const since = row.oldestPendingAt
        if (since !== null) oldest.set({ sink: row.sink }, Math.max(0, Date.now() - since) / 1000)
      }
    },
  }
}
