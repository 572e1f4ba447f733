/**
 * How long an event takes from its POST to the first byte at each of three signed webhooks, at a steady rate; over a
 * bare relay (Hono in, undici out) that proves and stores nothing, and over one that first writes each event to SQLite.
 */
import { join } from 'node:path'
import { openFolder } from '../test/serve.ts'
import { type ChildServer, startChild } from './child.ts'
import { startGateway } from './gateway.ts'
import { comparePercentiles } from './pairs.ts'
import { slowFlushEnv, wantsSlowFlush } from './slow-flush.ts'
import { measure } from './steady.ts'

const LOAD = { eventsPerSecond: 500, seconds: 6, fanOut: 3 }

const slowFlush = wantsSlowFlush()
await using folder = await openFolder({})
await using receiver = await startChild('arrivals.ts')
const url = `http://127.0.0.1:${receiver.port}/`
const env = slowFlush ? slowFlushEnv(folder.path) : {}
await using relay = await startChild('relay.ts', [url])
await using durable = await startChild('relay.ts', [url, join(folder.path, 'relay.db')], env)
await using gateway = await startGateway({ url, paused: false, slowFlush })

const over = (baselineName: string, { port }: ChildServer) =>
  comparePercentiles({
    name: slowFlush ? 'latency at 500 events/s, flush slowed by 5 ms' : 'latency at 500 events/s',
    baselineName,
    baseline: () => measure(port, url, LOAD),
    measured: () => measure(gateway.port, url, LOAD),
  })

console.log(await over('a bare relay', relay))
console.log(await over('a relay that writes each event down', durable))
process.exit()
