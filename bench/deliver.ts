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
const CONNECTIONS = 64
/** What routes.yaml gives a webhook without `concurrency`. */
const CONCURRENCY = 16
const LOOK_EVERY_MS = 10

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
  const before = await received()
  const startedAt = performance.now()
  const answer = '"msg":"accepted"}'
  await send({ port: gateway.port, requests, connections: CONNECTIONS, answer })
  while ((await backlog()) > 0) await sleep(LOOK_EVERY_MS)
  const seconds = (performance.now() - startedAt) / 1000
  const arrived = (await received()) - before
  const owed = requests.length * SINKS.length
  if (arrived !== owed) throw new Error(`${owed} deliveries were owed, ${arrived} arrived`)
  return requests.length / seconds
}

const textOf = async (address: string) => (await fetch(address)).text()
const received = async () => Number(await textOf(url))

async function backlog(): Promise<number> {
  const metrics = await textOf(`${gateway.adminUrl}/metrics`)
  const owed = [...metrics.matchAll(/^lark_fanout_backlog\{.*\} (\d+)$/gm)]
  if (owed.length !== SINKS.length) throw new Error('/metrics must have the backlog of every sink')
  return owed.reduce((sum, [, count]) => sum + Number(count), 0)
}

let measured = 0
const line = await compare({
  name: slowFlush ? 'deliver, flush slowed by 5 ms' : 'deliver',
  baselineName: 'bare POSTs',
  prepare: () => callbacks(EVENTS),
  baseline: () => postAll(EVENTS * SINKS.length),
  measured(requests) {
    measured += requests.length
    return cpu.during(() => deliverAll(requests))
  },
})
await runtime.close()
console.log(line)
console.log(cpu.report('event and its three deliveries', measured))
