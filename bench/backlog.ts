/**
 * What a million pending deliveries cost: the gateway's memory, its rate of accepts over that of one with an empty
 * store, and how many deliveries a second it works off afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteStore } from '../src/stores/sqlite-node.ts'
import { sampleEvent } from '../test/sample-event.ts'
import { startChild } from './child.ts'
import { type BenchGateway, callbacks, SINKS, startGateway } from './gateway.ts'
import { send } from './load.ts'
import { memoryOf } from './memory.ts'
import { compare } from './pairs.ts'

const PENDING = 1_000_000
const BATCH = 500
const ACCEPTS = 5_000
const DRAIN_SECONDS = 10

await using receiver = await startChild('receiver.ts')
const url = `http://127.0.0.1:${receiver.port}/`

/** Written by the gateway's own store, before the gateway starts. */
async function fill(file: string): Promise<void> {
  const store = await openSqliteStore({ file })
  const owed = SINKS.map((sink) => ({ sink, orderKey: null, claimMs: 0 }))
  for (let stored = 0; stored < PENDING / SINKS.length; stored += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => {
      const id = `backlog-${stored + index}`
      return { event: sampleEvent({ id }), problems: [], owed }
    })
    await store.accept(batch, Date.now())
  }
  await store.close()
}

await using empty = await startGateway({ url, paused: true, slowFlush: false })
await using full = await startGateway({ url, paused: true, slowFlush: false, fill })
console.log(`${PENDING.toLocaleString('en')} pending: ${memoryOf(full.pid)} after the start`)

const line = await compare({
  name: 'accepts beside a million pending',
  baselineName: 'accepts into an empty store',
  prepare: () => callbacks(ACCEPTS),
  baseline: (requests) => send(empty.port, requests),
  measured: (requests) => send(full.port, requests),
})
console.log(line)
console.log(`  ${memoryOf(full.pid)} after the accepts`)
console.log(`  ${memoryOf(empty.pid)} of the one with an empty store`)

async function drainRate(gateway: BenchGateway): Promise<number> {
  await gateway.follow({ url, paused: false, slowFlush: false })
  const before = await received()
  const startedAt = performance.now()
  await sleep(DRAIN_SECONDS * 1000)
  return ((await received()) - before) / ((performance.now() - startedAt) / 1000)
}
const received = async () => Number(await (await fetch(url)).text())

console.log(
  `  worked off: ${Math.round(await drainRate(full)).toLocaleString('en')} deliveries a second`,
)
console.log(`  ${memoryOf(full.pid)} after that`)
process.exit()
