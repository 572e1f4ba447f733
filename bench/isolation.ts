/**
 * How long an event takes to a healthy webhook beside one that never answers and one that refuses connections; over the
 * same without these two. Both gateways are new for each measurement: the sick sinks' backlog is part of the trouble.
 */
import { startChild } from './child.ts'
import { startGateway } from './gateway.ts'
import { comparePercentiles } from './pairs.ts'
import { type Latencies, measure } from './steady.ts'

const LOAD = { eventsPerSecond: 500, seconds: 8, fanOut: 1 }

await using receiver = await startChild('arrivals.ts')
const url = `http://127.0.0.1:${receiver.port}/`
/** Nothing listens there. */
const REFUSING = 'http://127.0.0.1:1/'

async function beside(neighbours: Readonly<Record<string, string>>): Promise<Latencies> {
  const urls = { healthy: url, ...neighbours }
  await using gateway = await startGateway({ urls, paused: false, slowFlush: false })
  await measure(gateway.port, url, { ...LOAD, seconds: 1 })
  // Awaited here: the gateway ends with this function.
  return await measure(gateway.port, url, LOAD)
}

const line = await comparePercentiles({
  name: 'a healthy sink beside a hanging and a refusing one',
  baselineName: 'the same alone',
  baseline: () => beside({}),
  measured: () => beside({ hanging: `${url}hang`, refusing: REFUSING }),
})
console.log(line)
process.exit()
