import type { ConnectionStatus } from '../core/connections.ts'
import type { Attempted, Observer, Received } from '../core/happening.ts'
import type { LaneStatus } from '../core/lane/status.ts'
import type { Ledger } from '../core/ledger.ts'

export interface Metrics {
  /** Counts what happens. */
  readonly observe: Observer
  /** Prometheus text format. Reads the backlog from the store. */
  render(): Promise<string>
}

/** What the running plan's sinks and sources say of themselves. */
export interface Running {
  /** Of each sink, which is shown even when it is owed nothing. */
  status(): readonly LaneStatus[]
  /** Of each source that connects by itself. */
  connections(): readonly ConnectionStatus[]
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}

export type Labels = Readonly<Record<string, string>>

/** Keeps metrics, and writes them in Prometheus' text format. */
export interface MetricRegistry {
  counter(family: Family): { inc(labels: Labels, by?: number): void }
  gauge(family: Family): { set(labels: Labels, value: number): void; reset(): void }
  histogram(family: Family & { readonly buckets: readonly number[] }): {
    observe(labels: Labels, value: number): void
  }
  render(): Promise<string>
}

/** Feishu waits 3 s for an answer, 1 s for that to its `url_verification`. */
const ACCEPT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3]
/** Timeouts are 10 s unless routes.yaml says otherwise, and end a little later: they are not to count as up to 30 s. */
const DELIVERY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60]

/** What metrics are made of, beside what is observed. `now` stands for the clock in tests. */
type MetricSources = readonly [ledger: Ledger, running: Running, now?: () => number]

/** The metrics of one gateway, the same on every host. */
export function createMetrics(
  registry: MetricRegistry,
  ...[ledger, running, now = Date.now]: MetricSources
): Metrics {
  const reloads = registry.counter({
    name: 'lark_fanout_config_reloads_total',
    help: 'Reloads of routes.yaml: applied, or rejected with its problems.',
    labelNames: ['result'],
  })
  for (const result of ['applied', 'rejected']) reloads.inc({ result }, 0)
  const inForce = registry.gauge({
    name: 'lark_fanout_config_last_reload_successful',
    help: '0 while the plan in force is not the one of routes.yaml, because that was rejected.',
    labelNames: [],
  })
  inForce.set({}, 1)
  const gauges = createGauges(registry)
  const { received, attempted } = createMeters(registry)
  return {
    observe(happening) {
      if (happening.kind === 'received') received(happening)
      else if (happening.kind === 'attempted') attempted(happening)
      else if (happening.kind === 'reloaded') {
        reloads.inc({ result: happening.result })
        inForce.set({}, happening.result === 'applied' ? 1 : 0)
      }
    },
    async render() {
      await gauges.refresh(ledger, running, now())
      return registry.render()
    },
  }
}

function createMeters(registry: MetricRegistry) {
  const events = registry.counter({
    name: 'lark_fanout_events_total',
    help: 'Callbacks by what became of them.',
    labelNames: ['source', 'type', 'result'],
  })
  const deliveries = registry.counter({
    name: 'lark_fanout_deliveries_total',
    help: 'Attempts by how they ended.',
    labelNames: ['sink', 'result'],
  })
  const accept = registry.histogram({
    name: 'lark_fanout_accept_seconds',
    help: 'From a whole request to its answer.',
    labelNames: [],
    buckets: ACCEPT_SECONDS,
  })
  const delivery = registry.histogram({
    name: 'lark_fanout_delivery_seconds',
    help: 'Duration of an attempt, its quick tries included.',
    labelNames: ['sink'],
    buckets: DELIVERY_SECONDS,
  })
  return {
    received({ source, type, result, durationMs }: Received) {
      events.inc({ source, type, result })
      accept.observe({}, durationMs / 1000)
    },
    attempted({ sink, result, durationMs }: Attempted) {
      deliveries.inc({ sink, result })
      delivery.observe({ sink }, durationMs / 1000)
    },
  }
}

function createGauges(registry: MetricRegistry) {
  const gauge = (name: string, help: string, labelNames = ['sink']) =>
    registry.gauge({ name, help, labelNames })
  const pending = gauge('lark_fanout_backlog', 'Deliveries that are owed.')
  const oldest = gauge('lark_fanout_oldest_pending_seconds', 'Age of the oldest one owed.')
  const dead = gauge('lark_fanout_dead', 'Dead letters.')
  const breaker = gauge('lark_fanout_breaker_open', '1 while a sink that keeps failing is spared.')
  const connectedHelp = '1 while a source that connects by itself is connected.'
  const connected = gauge('lark_fanout_source_connected', connectedHelp, ['source'])
  return {
    async refresh(ledger: Ledger, running: Running, now: number): Promise<void> {
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
        if (since !== null) oldest.set({ sink: row.sink }, Math.max(0, now - since) / 1000)
      }
    },
  }
}
