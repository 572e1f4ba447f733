import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { callbackOf, sealed } from '../test/serve.ts'

/** Events at a steady rate, and how long each took from its POST to the head of its request at the sink. */
export interface Load {
  readonly eventsPerSecond: number
  readonly seconds: number
  /** How many requests an event becomes. */
  readonly fanOut: number
}

export interface Latencies {
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

interface Prepared {
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const WAIT_MS = 20_000
const dispatcher = new Agent({ connections: 64 })

/** `port` receives the callbacks, `arrivalsUrl` what becomes of them. All processes read one monotonic clock. */
export async function measure(port: number, arrivalsUrl: string, load: Load): Promise<Latencies> {
  await takeArrivals(arrivalsUrl)
  const events = await prepareAll(load)
  const { sentAt } = await sendAll(`http://127.0.0.1:${port}`, events, load.eventsPerSecond)
  return percentilesOf(await collect(arrivalsUrl, sentAt, events.length * load.fanOut))
}

/** How long each callback waits for its 200. */
export async function measureAnswers(
  port: number,
  load: Pick<Load, 'eventsPerSecond' | 'seconds'>,
): Promise<Latencies> {
  const events = await prepareAll(load)
  const sent = await sendAll(`http://127.0.0.1:${port}`, events, load.eventsPerSecond)
  return percentilesOf(sent.answerMs)
}

function prepareAll({ eventsPerSecond, seconds }: Pick<Load, 'eventsPerSecond' | 'seconds'>) {
  return Promise.all(Array.from({ length: eventsPerSecond * seconds }, prepare))
}

function percentilesOf(latencies: number[]): Latencies {
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

async function prepare(): Promise<Prepared> {
  const callback = callbackOf()
  const { headers, body } = await sealed(callback)
  return { id: callback.uuid, headers: { ...headers, 'X-Event-Id': callback.uuid }, body }
}

/** What is due is sent, also where the timer came late: when it really was sent is what counts. */
async function sendAll(
  origin: string,
  events: readonly Prepared[],
  perSecond: number,
): Promise<{ readonly sentAt: ReadonlyMap<string, number>; readonly answerMs: number[] }> {
  const sentAt = new Map<string, number>()
  const answerMs: number[] = []
  const answers: Promise<void>[] = []
  const failures: unknown[] = []
  const startedAt = now()
  for (const [index, event] of events.entries()) {
    const waitMs = startedAt + (index * 1000) / perSecond - now()
    if (waitMs > 0) await sleep(waitMs)
    const at = now()
    sentAt.set(event.id, at)
    answers.push(
      post(origin, event).then(
        () => void answerMs.push(now() - at),
        (error: unknown) => void failures.push(error),
      ),
    )
  }
  await Promise.all(answers)
  if (failures.length > 0) throw new AggregateError(failures, 'callbacks were not answered')
  return { sentAt, answerMs }
}

async function post(origin: string, { headers, body }: Prepared): Promise<void> {
  const request = { origin, path: '/webhook/event', method: 'POST', headers, body } as const
  const answer = await dispatcher.request(request)
  const text = await answer.body.text()
  if (answer.statusCode !== 200)
    throw new Error(`the callback was answered ${answer.statusCode} ${text}`)
}

async function collect(
  url: string,
  sentAt: ReadonlyMap<string, number>,
  expected: number,
): Promise<number[]> {
  const latencies: number[] = []
  const until = now() + WAIT_MS
  while (latencies.length < expected) {
    if (now() > until) throw new Error(`${expected - latencies.length} requests did not arrive`)
    for (const [id, at] of await takeArrivals(url)) {
      const sent = sentAt.get(id)
      if (sent !== undefined) latencies.push(at - sent)
    }
    await sleep(50)
  }
  return latencies
}

async function takeArrivals(url: string): Promise<[string, number][]> {
  return (await (await fetch(url)).json()) as [string, number][]
}

/** Milliseconds of the clock that all processes of this machine share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
