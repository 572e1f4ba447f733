import type { Family, Labels, MetricRegistry } from './metrics.ts'

/** A metric's numbers, for each combination of its labels. */
export type Series = readonly (readonly [labels: Labels, numbers: readonly number[]])[]

/** By the metrics' names. */
export type Saved = Readonly<Record<string, Series>>

/** Where counters and histograms outlive a host that ends every now and then. */
export interface KeptMetrics {
  /** As they were when they were last written. */
  readonly saved: Saved
  /** To be called at each change; `save` is asked for all of them a little later. */
  changed(save: () => Saved): void
}

const nothingKept: KeptMetrics = { saved: {}, changed() {} }

/** One line of a metric: what follows its name, and its value. */
type Sample = readonly [suffix: string, labels: Labels, value: number]

/**
 * Metrics in memory, written to the letter as prom-client writes them, which needs Node and a hundred modules. Counters
 * and histograms go on from what is kept of them.
 */
export function createMetricRegistry({ saved, changed } = nothingKept): MetricRegistry {
  const written: (() => string)[] = []
  const series = new Map<string, () => Series>()
  const add = (type: string, family: Family, samples: () => readonly Sample[]) => {
    written.push(() => [...headOf(type, family), ...samples().map(lineOf(family))].join('\n'))
  }
  const keep = ({ name }: Family, { save, restore }: Kept) => {
    restore(saved[name] ?? [])
    series.set(name, save)
  }
  const save = (): Saved => Object.fromEntries([...series].map(([name, of]) => [name, of()]))
  return {
    counter(family) {
      const values = createValues(family)
      add('counter', family, values.samples)
      keep(family, values)
      return {
        inc(labels, by = 1) {
          values.change(labels, (value) => value + by)
          if (by > 0) changed(save)
        },
      }
    },
    gauge(family) {
      const values = createValues(family)
      add('gauge', family, values.samples)
      return { set: (labels, value) => values.change(labels, () => value), reset: values.reset }
    },
    histogram(family) {
      const distribution = createDistribution(family)
      add('histogram', family, distribution.samples)
      keep(family, distribution)
      return {
        observe(labels, value) {
          distribution.observe(labels, value)
          changed(save)
        },
      }
    },
    render: async () => `${written.map((write) => write()).join('\n\n')}\n`,
  }
}

/** What outlives the isolate. */
interface Kept {
  save(): Series
  /** What has another form, as an earlier version has kept it, is left out. */
  restore(series: Series): void
}

/** A value for each combination of labels; without label names there is one from the start. */
function createValues({ labelNames }: Family) {
  const values = new Map<string, Sample>()
  const change = (labels: Labels, next: (value: number) => number) => {
    const key = keyOf(labels, labelNames)
    const [, , value = 0] = values.get(key) ?? []
    values.set(key, ['', labels, next(value)])
  }
  const begin = () => {
    if (labelNames.length === 0) change({}, () => 0)
  }
  begin()
  return {
    change,
    samples: () => [...values.values()],
    reset() {
      values.clear()
      begin()
    },
    save: (): Series => [...values.values()].map(([, labels, value]) => [labels, [value]]),
    restore(series: Series) {
      for (const [labels, [value = 0]] of series) change(labels, () => value)
    },
  }
}

interface Distribution {
  readonly labels: Labels
  /** How many values were at most this, a bucket each. */
  counts: number[]
  count: number
  sum: number
}

function createDistribution(family: Family & { readonly buckets: readonly number[] }) {
  const { labelNames, buckets } = family
  const distributions = new Map<string, Distribution>()
  const distributionOf = (labels: Labels) => {
    const key = keyOf(labels, labelNames)
    const known = distributions.get(key)
    if (known) return known
    const begun = { labels, counts: buckets.map(() => 0), count: 0, sum: 0 }
    distributions.set(key, begun)
    return begun
  }
  if (labelNames.length === 0) distributionOf({})
  return {
    observe(labels: Labels, value: number) {
      const distribution = distributionOf(labels)
      distribution.count++
      distribution.sum += value
      for (const [index, most] of buckets.entries()) {
        if (value <= most) distribution.counts[index] = (distribution.counts[index] ?? 0) + 1
      }
    },
    samples: () => [...distributions.values()].flatMap((one) => samplesOf(one, buckets)),
    save: (): Series =>
      [...distributions.values()].map(({ labels, sum, count, counts }) => [
        labels,
        [sum, count, ...counts],
      ]),
    restore(series: Series) {
      for (const [labels, [sum = 0, count = 0, ...counts]] of series) {
        if (counts.length === buckets.length)
          Object.assign(distributionOf(labels), { sum, count, counts })
      }
    },
  }
}

function samplesOf({ labels, counts, count, sum }: Distribution, buckets: readonly number[]) {
  const bucket = (le: string, value: number): Sample => ['_bucket', { le, ...labels }, value]
  return [
    ...buckets.map((most, index) => bucket(String(most), counts[index] ?? 0)),
    bucket('+Inf', count),
    ['_sum', labels, sum] satisfies Sample,
    ['_count', labels, count] satisfies Sample,
  ]
}

/** NUL stands in no name. */
function keyOf(labels: Labels, labelNames: readonly string[]): string {
  return labelNames.map((name) => labels[name]).join('\0')
}

function headOf(type: string, { name, help }: Family): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function lineOf({ name }: Family): (sample: Sample) => string {
  return ([suffix, labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}
