/**
 * What the console's pages take with a million events stored, over what they take with a thousand; and the rate of
 * accepts while five people watch events come in live, over that while nobody does.
 */
import type { Store } from '../src/core/store.ts'
import { openSqliteStore } from '../src/stores/sqlite-node.ts'
import { sampleEvent, sampleRaw } from '../test/sample-event.ts'
import { startChild } from './child.ts'
import { type BenchGateway, callbacks, SINKS, startGateway } from './gateway.ts'
import { send } from './load.ts'
import { compare } from './pairs.ts'

const FEW = 1_000
const MANY = 1_000_000
const BATCH = 500
const ROUNDS = 25
const ACCEPTS = 5_000
const TAILS = 5
const ADMIN_TOKEN = 'a-token-of-the-operators'

/** Every tenth delivery is dead, every seventh is owed, the others are delivered. */
function fill(events: number) {
  return async (file: string): Promise<void> => {
    const store = await openSqliteStore({ file })
    for (let first = 0; first < events; first += BATCH) await put(store, first)
    await store.close()
  }
}

async function put(store: Store, first: number): Promise<void> {
  const now = Date.now()
  const batch = Array.from({ length: BATCH }, (_, index) => {
    const n = first + index
    const raw = sampleRaw
      .replace(/(?<="instance_code": ")[^"]*/, `instance-${n}`)
      .replace(/(?<="approval_code": ")[^"]*/, `approval-${n % 25}`)
    const event = sampleEvent({ id: `event-${n}`, raw })
    const claimMs = n % 7 === 0 ? 0 : 60_000
    const owed = SINKS.map((sink) => ({ sink, orderKey: null, claimMs }))
    return { event, problems: [], owed }
  })
  const accepted = await store.accept(batch, now)
  const settlements = accepted.flatMap(({ granted }, index) =>
    granted.map(({ id, claim }) => {
      const isDead = (first + index) % 10 === 0
      const record = { at: now, durationMs: 12, status: 500, error: 'HTTP 500', response: 'busy' }
      return {
        ...{ id, claim, attempt: 1, record },
        outcome: isDead
          ? ({ state: 'dead', reason: 'HTTP 500' } as const)
          : ({ state: 'delivered' } as const),
      }
    }),
  )
  await store.settle(settlements)
}

async function logIn({ url }: BenchGateway): Promise<string> {
  const body = new URLSearchParams({ token: ADMIN_TOKEN })
  const answer = await fetch(`${url}/console/login`, { method: 'POST', body, redirect: 'manual' })
  const cookie = answer.headers.getSetCookie().find((text) => text.includes('session'))
  return cookie?.split(';')[0] ?? ''
}

/** How long a page takes, in milliseconds. */
async function timeOf({ url }: BenchGateway, cookie: string, path: string): Promise<number> {
  const startedAt = performance.now()
  const answer = await fetch(`${url}${path}`, { headers: { cookie }, redirect: 'manual' })
  await answer.text()
  if (answer.status !== 200) throw new Error(`${path}: HTTP ${answer.status}`)
  return performance.now() - startedAt
}

/** Pages by their names; `at` is somewhere in the middle of what is stored. */
const pagesAt = (at: number): Readonly<Record<string, string>> => ({
  overview: '/console',
  events: '/console/events',
  'events, in the middle': `/console/events?cursor=${at}`,
  'events of an instance': `/console/events?q=instance-${at}`,
  'events of an approval': `/console/events?q=approval-${at % 25}`,
  'an event': `/console/events/${at}`,
  'dead letters': '/console/dead',
  'dead letters of a sink': `/console/dead?sink=${SINKS[0]}`,
  sinks: '/console/sinks',
  'a sink': `/console/sinks/${SINKS[0]}`,
  routes: '/console/routes',
  'the tester': `/console/routes?ref=${at}`,
  config: '/console/problems',
})

async function printPages(few: BenchGateway, many: BenchGateway): Promise<void> {
  const cookies = { few: await logIn(few), many: await logIn(many) }
  const deep = pagesAt(MANY / 2)
  for (const [name, path] of Object.entries(pagesAt(FEW / 2))) {
    const times = { few: [] as number[], many: [] as number[] }
    for (let round = 0; round <= ROUNDS; round++) {
      const pair = {
        few: await timeOf(few, cookies.few, path),
        many: await timeOf(many, cookies.many, deep[name] ?? path),
      }
      if (round === 0) continue
      times.few.push(pair.few)
      times.many.push(pair.many)
    }
    const [a, b] = [median(times.few), median(times.many)]
    console.log(
      `${name}: ${(b / a).toFixed(2)} times (${b.toFixed(1)} ms with ${MANY.toLocaleString('en')} events, ${a.toFixed(1)} ms with ${FEW.toLocaleString('en')})`,
    )
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** People who watch; what they are sent is read, and dropped. */
async function watch({ url }: BenchGateway, cookie: string): Promise<Disposable> {
  const gone = new AbortController()
  for (let tail = 0; tail < TAILS; tail++) {
    const { body } = await fetch(`${url}/console/stream`, {
      headers: { cookie },
      signal: gone.signal,
    })
    void body?.pipeTo(new WritableStream()).catch(() => {})
  }
  return { [Symbol.dispose]: () => gone.abort() }
}

await using receiver = await startChild('receiver.ts')
const url = `http://127.0.0.1:${receiver.port}/`
const env = { ADMIN_TOKEN }
await using few = await startGateway({ url, paused: true, env, fill: fill(FEW) })
await using many = await startGateway({ url, paused: true, env, fill: fill(MANY) })
await printPages(few, many)

const cookie = await logIn(few)
console.log(
  await compare({
    name: `accepts while ${TAILS} live tails are open`,
    baselineName: 'accepts while nobody watches',
    prepare: async () => ({ unseen: await callbacks(ACCEPTS), seen: await callbacks(ACCEPTS) }),
    baseline: ({ unseen }) => send(few.port, unseen),
    async measured({ seen }) {
      using _tails = await watch(few, cookie)
      return send(few.port, seen)
    },
  }),
)
process.exit()
