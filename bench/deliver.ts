/**
 * How many events a second go all the way, in as callbacks and out to three signed webhooks, until every receiver has
 * its own and the store owes nothing more; over how many bare POSTs of the same size the same HTTP client makes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createNodeLog } from '../src/hosts/node-log.ts'
import { createNodeRuntime } from '../src/hosts/node-runtime.ts'
import { callbackOf } from '../test/serve.ts'
import { startChild } from './child.ts'
import { createCpuMeter } from './cpu.ts'
import { callbacks, SINKS, startGateway } from './gateway.ts'
import { send } from './load.ts'
import { compare } from './pairs.ts'
import { wantsSlowFlush } from './slow-flush.ts'

const EVENTS = 3_000
/** What routes.yaml gives a webhook without `concurrency`. */
const CONCURRENCY = 16
const LOOK_EVERY_MS = 10
const MAX_LOOKS = 2_000

const slowFlush = wantsSlowFlush()
await using receiver = await startChild('receiver.ts')
const url = `http://127.0.0.1:${receiver.port}/`
await using gateway = await startGateway({ url, paused: false, slowFlush })
const cpu = createCpuMeter(gateway.pid)
const runtime = createNodeRuntime({ folder: '.', log: createNodeLog('silent') })

/** As long as what the gateway sends of an event. */
const body = JSON.stringify(callbackOf())
const headers = { 'Content-Type': 'application/json; charset=utf-8' }

async function postAll(count: number): Promise<number> {
  let left = count
  const startedAt = performance.now()
  async function poster(): Promise<void> {
    while (left-- > 0) {
      const signal = new AbortController().signal
      const { status } = await runtime.fetch(url, { method: 'POST', headers, body, signal })
      if (status !== 200) throw new Error(`the receiver answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY * SINKS.length }, poster))
  return (count * 1000) / (performance.now() - startedAt)
}

async function deliverAll(requests: readonly Buffer[]): Promise<number> {
  const owed = (await received()) + requests.length * SINKS.length
  const startedAt = performance.now()
  await send(gateway.port, requests)
  await until('every delivery has arrived', async () => (await received()) >= owed)
  await until('every delivery is settled', async () => (await backlog()) === 0)
  const seconds = (performance.now() - startedAt) / 1000
  const extra = (await received()) - owed
  if (extra > 0) throw new Error(`${extra} deliveries arrived twice`)
  return requests.length / seconds
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    if (await isSo()) return
    await sleep(LOOK_EVERY_MS)
  }
  throw new Error(`waited in vain until ${what}:\n${gateway.log.slice(-5).join('\n')}`)
}

const textOf = async (address: string) => (await fetch(address)).text()
const received = async () => Number(await textOf(url))

async function backlog(): Promise<number> {
  const metrics = await textOf(`${gateway.adminUrl}/metrics`)
  const owed = [...metrics.matchAll(/^lark_fanout_backlog\{.*\} (\d+)$/gm)]
  if (owed.length !== SINKS.length) throw new Error('/metrics must have the backlog of every sink')
  return owed.reduce((sum, [, count]) => sum + Number(count), 0)
}

let sent = 0
const line = await compare({
  name: slowFlush ? 'deliver, flush slowed by 5 ms' : 'deliver',
  baselineName: 'bare POSTs',
  async prepare() {
    sent += EVENTS
    return callbacks(EVENTS)
  },
  baseline: () => postAll(EVENTS * SINKS.length),
  measured: (requests) => cpu.during(() => deliverAll(requests)),
})
await runtime.close()
console.log(line)
console.log(cpu.report('event and its three deliveries', sent))
