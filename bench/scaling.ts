/**
 * What 1, 2 and 4 gateways do over one Postgres on this machine: callbacks accepted a second, events a second all the
 * way to three webhooks, and deliveries a second to receivers that take 200 ms each, which is what more gateways are for.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openPostgres } from '../test/postgres.ts'
import { type ChildServer, startChild } from './child.ts'
import { type BenchGateway, callbacks, SINKS, startGateway } from './gateway.ts'
import { send } from './load.ts'

const COUNTS = [1, 2, 4]
const ROUNDS = 3
const SLOW_MS = 200
const SLOW = { options: 'concurrency: 16', events: 320 }
const FAST_EVENTS = 3_000

await using server = await openPostgres({ durable: true })
await using fast = await startChild('receiver.ts')
await using slow = await startChild('receiver.ts', [String(SLOW_MS)])

interface Work {
  readonly name: string
  readonly paused: boolean
  readonly receiver: ChildServer
  readonly events: number
  readonly options?: string
  /** Counts deliveries rather than events. */
  readonly perEvent: number
}

const WORKS: readonly Work[] = [
  { name: 'accepts', paused: true, receiver: fast, events: FAST_EVENTS, perEvent: 1 },
  { name: 'events all the way', paused: false, receiver: fast, events: FAST_EVENTS, perEvent: 1 },
  {
    name: `deliveries to receivers that take ${SLOW_MS} ms`,
    paused: false,
    receiver: slow,
    events: SLOW.events,
    options: SLOW.options,
    perEvent: SINKS.length,
  },
]

/** How many a second, in a database of its own. */
async function rateOf(work: Work, count: number): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await server.createDatabase())
  const { receiver, paused, options } = work
  const url = `http://127.0.0.1:${receiver.port}/`
  const gateways: BenchGateway[] = []
  for (let n = 0; n < count; n++) {
    const gateway = await startGateway({
      url,
      paused,
      databaseUrl: database.url,
      ...(options && { options }),
    })
    gateways.push(stack.use(gateway))
  }
  await run(gateways, work, Math.ceil(work.events / 10)) // Warm.
  const startedAt = performance.now()
  await run(gateways, work, work.events)
  return (work.events * work.perEvent * 1000) / (performance.now() - startedAt)
}

/** As a load balancer spreads them. */
async function run(gateways: readonly BenchGateway[], work: Work, events: number): Promise<void> {
  const before = await received(work.receiver)
  const requests = await callbacks(events)
  const each = Math.ceil(events / gateways.length)
  await Promise.all(
    gateways.map(({ port }, i) => send(port, requests.slice(i * each, (i + 1) * each))),
  )
  while (!work.paused && (await received(work.receiver)) < before + events * SINKS.length)
    await sleep(5)
}

async function received({ port }: ChildServer): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${port}/`)).text())
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

for (const work of WORKS) {
  const rates = new Map<number, number[]>(COUNTS.map((count) => [count, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const count of COUNTS) rates.get(count)?.push(await rateOf(work, count))
  }
  const [one = Number.NaN] = COUNTS.map((count) => median(rates.get(count) ?? []))
  const cells = COUNTS.map((count) => {
    const rate = median(rates.get(count) ?? [])
    return `${count}: ${Math.round(rate).toLocaleString('en')} a second (${(rate / one).toFixed(2)})`
  })
  console.log(`${work.name}, by gateways, median of ${ROUNDS}: ${cells.join(', ')}`)
}
process.exit()
