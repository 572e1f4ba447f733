/**
 * How long an event takes from its POST to the first byte at each of three signed webhooks, at a steady rate; over a
 * bare relay (Hono in, undici out) that proves and stores nothing.
 */
import { startChild } from './child.ts'
import { startGateway } from './gateway.ts'
import { comparePercentiles } from './pairs.ts'
import { wantsSlowFlush } from './slow-flush.ts'
import { measure } from './steady.ts'

const LOAD = { eventsPerSecond: 500, seconds: 6, fanOut: 3 }

const slowFlush = wantsSlowFlush()
await using receiver = await startChild('arrivals.ts')
const url = `http://127.0.0.1:${receiver.port}/`
await using relay = await startChild('relay.ts', url)
await using gateway = await startGateway({ url, paused: false, slowFlush })

const line = await comparePercentiles({
  name: slowFlush ? 'latency at 500 events/s, flush slowed by 5 ms' : 'latency at 500 events/s',
  baselineName: 'a bare relay',
  baseline: () => measure(relay.port, url, LOAD),
  measured: () => measure(gateway.port, url, LOAD),
})
console.log(line)
process.exit()
