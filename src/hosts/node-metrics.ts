import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { createMetrics, type MetricRegistry, type MetricSources, type Metrics } from './metrics.ts'

/** The gateway's metrics, kept and written by prom-client. */
export function createNodeMetrics(...of: MetricSources): Metrics {
  return createMetrics(createRegistry(), ...of)
}

function createRegistry(): MetricRegistry {
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
