const PAIRS = 5

export interface Comparison<Work> {
  readonly name: string
  readonly baselineName: string
  /** The same work for both, made off the clock. */
  prepare(): Promise<Work>
  /** Both give a rate, per second. */
  baseline(work: Work): Promise<number>
  measured(work: Work): Promise<number>
}

interface Pair {
  readonly baseline: number
  readonly measured: number
}

/**
 * Machines are noisy, so that only a ratio within one run means anything: the baseline and what is measured by turns,
 * after one pair that warms both up and is not counted. Gives the line to print.
 */
export async function compare<Work>(comparison: Comparison<Work>): Promise<string> {
  await runPair(comparison)
  const pairs: Pair[] = []
  while (pairs.length < PAIRS) pairs.push(await runPair(comparison))
  const ratios = pairs.map(({ measured, baseline }) => measured / baseline)
  const range = `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`
  const rate = (of: keyof Pair) =>
    Math.round(median(pairs.map((pair) => pair[of]))).toLocaleString('en')
  return (
    `${comparison.name}: ${median(ratios).toFixed(2)} of ${comparison.baselineName} ` +
    `(${range} in ${PAIRS} pairs; ${rate('measured')} and ${rate('baseline')} a second)`
  )
}

export interface PercentileComparison {
  readonly name: string
  readonly baselineName: string
  /** Both give milliseconds. */
  baseline(): Promise<Percentiles>
  measured(): Promise<Percentiles>
}

interface Percentiles {
  readonly p50: number
  readonly p99: number
}

/** As `compare`, for latencies: less is better. */
export async function comparePercentiles(comparison: PercentileComparison): Promise<string> {
  const runs: { baseline: Percentiles; measured: Percentiles }[] = []
  for (let run = 0; run <= PAIRS; run++) {
    const pair = { baseline: await comparison.baseline(), measured: await comparison.measured() }
    if (run > 0) runs.push(pair)
  }
  const describe = (of: keyof Percentiles) => {
    const ratios = runs.map(({ baseline, measured }) => measured[of] / baseline[of])
    const range = `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`
    const ms = (which: 'baseline' | 'measured') =>
      median(runs.map((run) => run[which][of])).toFixed(1)
    return `${of} ${median(ratios).toFixed(2)} times (${range}; ${ms('measured')} ms and ${ms('baseline')} ms)`
  }
  const { name, baselineName } = comparison
  return `${name}, over ${baselineName}: ${describe('p99')}, ${describe('p50')}, ${PAIRS} pairs`
}

async function runPair<Work>(comparison: Comparison<Work>): Promise<Pair> {
  const work = await comparison.prepare()
  return { baseline: await comparison.baseline(work), measured: await comparison.measured(work) }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
