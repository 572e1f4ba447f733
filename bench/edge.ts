/**
 * The gateway as a worker, in workerd on this machine: how large it is, how long its first answer takes, how many
 * callbacks a second one object accepts, over how many a bare object writes down, and events a second all the way.
 */
import { gzipSync } from 'node:zlib'
import { buildWorker } from '../test/edge/edge.ts'
import { callbackOf, post } from '../test/serve.ts'
import { startWorkerd, type Workerd } from '../test/workerd.ts'
import { startChild } from './child.ts'
import { callbacks, SINKS } from './gateway.ts'
import { send } from './load.ts'
import { compare } from './pairs.ts'

const CALLBACKS = 1_500
const STARTS = 5
const LATENCIES = 200

/** Reads a callback's JSON, writes its text into a row, and answers as the gateway does. */
const BARE = `export class Gateway {
  constructor({ storage }) {
    this.sql = storage.sql
    this.sql.exec('CREATE TABLE IF NOT EXISTS bodies (body TEXT)')
  }
  async fetch(request) {
    const body = await request.text()
    JSON.parse(body)
    this.sql.exec('INSERT INTO bodies VALUES (?)', body)
    return Response.json({ code: 0, msg: 'accepted' })
  }
}
export default { fetch: (request, env) => env.GATEWAY.getByName('gateway').fetch(request) }`

const routes = (paused: boolean) => `sinks:
${SINKS.map((name) => `  ${name}: { type: webhook, url: "\${RECEIVER}", secret: "\${SECRET}", paused: ${paused} }`).join('\n')}
routes:
${SINKS.map((name) => `  - { name: to-${name}, match: { operate: CREATE }, to: [${name}] }`).join('\n')}
`

const portOf = ({ url }: Workerd) => Number(new URL(url).port)
const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0

await using receiver = await startChild('receiver.ts')
const address = `http://127.0.0.1:${receiver.port}`
const received = async () => Number(await (await fetch(address)).text())
const bindings = { SECRET: `whsec_${Buffer.alloc(32, 'bench').toString('base64')}` }
await using quiet = await buildWorker(routes(true))
await using busy = await buildWorker(routes(false))

const script = await quiet.script()
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`
console.log(
  `worker: ${kilobytes(script.length)} minified, ${kilobytes(gzipSync(script).length)} gzipped`,
)

console.log(`first answer: ${await firstAnswer()} ms after the runtime is up`)
await accepts()
await delivers()

/** The script is compiled, the object opened, and its first event stored. */
async function firstAnswer(): Promise<string> {
  const times: number[] = []
  for (let start = 0; start < STARTS; start++) {
    const worker = await quiet.start(address, { bindings })
    const startedAt = performance.now()
    await post(worker.url, callbackOf())
    times.push(performance.now() - startedAt)
    await worker.close()
  }
  return median(times).toFixed(0)
}

async function accepts(): Promise<void> {
  const bare = await startWorkerd({ script: BARE })
  const worker = await quiet.start(address, { bindings })
  const line = await compare({
    name: 'accept at the edge',
    baselineName: 'a bare object',
    prepare: () => callbacks(CALLBACKS),
    baseline: (requests) => send(portOf(bare), requests),
    measured: (requests) => send(portOf(worker), requests),
  })
  console.log(line)
  console.log(`one at a time: ${await latency(worker)} ms (bare: ${await latency(bare)} ms)`)
  await bare.close()
  await worker.close()
}

async function latency({ url }: Workerd): Promise<string> {
  const times: number[] = []
  for (let count = 0; count < LATENCIES; count++) {
    const startedAt = performance.now()
    await post(url, callbackOf())
    times.push(performance.now() - startedAt)
  }
  return median(times).toFixed(1)
}

async function delivers(): Promise<void> {
  const worker = await busy.start(address, { bindings })
  const rates: number[] = []
  for (let round = 0; round < 4; round++) {
    const requests = await callbacks(CALLBACKS / 3)
    const owed = (await received()) + requests.length * SINKS.length
    const startedAt = performance.now()
    await send(portOf(worker), requests)
    while ((await received()) < owed) await new Promise((resolve) => setTimeout(resolve, 10))
    rates.push((requests.length * 1000) / (performance.now() - startedAt))
  }
  console.log(`all the way to three webhooks: ${median(rates.slice(1)).toFixed(0)} events a second`)
  await worker.close()
}
