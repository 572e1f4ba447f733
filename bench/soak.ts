/**
 * Whether memory grows: events at a steady rate for ten minutes (`--minutes 1` for fewer), three webhooks each, old
 * ones pruned after a minute; prints the slope of resident memory over the last two thirds.
 */
import { parseArgs } from 'node:util'
import { startChild } from './child.ts'
import { startGateway } from './gateway.ts'
import { residentMb } from './memory.ts'
import { measure } from './steady.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
const minutes = Number(values.minutes)
const LOAD = { eventsPerSecond: 300, seconds: 10, fanOut: 3 }

await using receiver = await startChild('arrivals.ts')
const url = `http://127.0.0.1:${receiver.port}/`
await using gateway = await startGateway({
  url,
  paused: false,
  slowFlush: false,
  more: 'retention: { delivered: 1m, dead: 1m }',
})

const samples: { minute: number; mb: number }[] = []
const startedAt = performance.now()
let worst = 0
while (performance.now() - startedAt < minutes * 60_000) {
  const { p99 } = await measure(gateway.port, url, LOAD)
  worst = Math.max(worst, p99)
  samples.push({ minute: (performance.now() - startedAt) / 60_000, mb: residentMb(gateway.pid) })
}

const late = samples.slice(Math.floor(samples.length / 3))
const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length
const middle = { minute: mean(late.map((s) => s.minute)), mb: mean(late.map((s) => s.mb)) }
const spread = late.reduce((sum, s) => sum + (s.minute - middle.minute) ** 2, 0)
const rise = late.reduce((sum, s) => sum + (s.minute - middle.minute) * (s.mb - middle.mb), 0)
const range = `${Math.min(...late.map((s) => s.mb)).toFixed(0)}..${Math.max(...late.map((s) => s.mb)).toFixed(0)}`
console.log(
  `soak, ${minutes} min at ${LOAD.eventsPerSecond} events/s: ${(rise / spread).toFixed(2)} MB a minute ` +
    `(${range} MB resident; the worst p99 of ten seconds was ${worst.toFixed(0)} ms)`,
)
process.exit()
