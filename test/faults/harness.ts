import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import process from 'node:process'
import { expect, test, vi } from 'vitest'
import { type Answer, openReceiver, type ReceivedRequest, status } from '../receiver.ts'
import { callbackOf, FEISHU, post } from '../serve.ts'

/** `npm run test:faults` runs the full forms; the short ones are part of `npm test`. */
export const full = process.env.FAULTS === 'full'

/** Twice what `settle` waits: what is lost is counted and printed before the test is out of time. */
vi.setConfig({ testTimeout: 120_000 })

/** A test of the full form alone. */
export const fullTest = test.skipIf(!full)

/** Of every random choice in a run: `SEED=…` repeats them. */
export const seed = Number(process.env.SEED ?? randomInt(1_000_000))

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function createRandom(from = seed): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Options = Readonly<Record<string, unknown>>

/** A routes.yaml by which each of these sinks is owed every event. */
export function routesTo(sinks: Readonly<Record<string, Options>>): string {
  const lines = Object.entries(sinks).map(
    ([name, options]) => `  ${name}: ${JSON.stringify(options)}\n`,
  )
  const names = Object.keys(sinks)
  return `${FEISHU}sinks:\n${lines.join('')}routes:\n  - { name: all, to: [${names}] }\n`
}

/** For tests of other things than the breaker. */
const breaker = { failures: 1_000_000 }

/** Tries as long as a test lasts. */
export const TIRELESS = {
  retry: { attempts: 1000, initial: '100ms', factor: 1.5, max: '1s', quick: 0 },
  breaker,
}

/** Gives up after its second attempt. */
export const TWICE = { retry: { schedule: ['100ms'], quick: 0 }, breaker }

/** Feishu: sends callbacks, remembers what was acknowledged, and sends again what was not. */
export interface Sender {
  /** Ids of the events that were answered with 200, by their instance_code in the order of the answers. */
  readonly acknowledged: ReadonlyMap<string, readonly string[]>
  readonly count: number
  /** Sends one, and gives its answer: `200 accepted`. */
  send(url: string): Promise<string>
  /** Sends without a break until it is stopped: to one gateway, or each to whichever is named for it. */
  load(to: string | (() => string)): { stop(): Promise<void> }
}

/** Each sends one after the other, so that the order in which its own are accepted is known. */
const INSTANCES = Array.from({ length: 8 }, (_, index) => `instance-${index}`)

export function createSender(): Sender {
  const acknowledged = new Map(INSTANCES.map((instance) => [instance, [] as string[]]))
  const unanswered = new Map<string, ReturnType<typeof callbackOf>>()
  let turn = 0

  async function sendOf(instance: string, url: string): Promise<string> {
    const callback = unanswered.get(instance) ?? callbackOf({ instance_code: instance })
    unanswered.set(instance, callback)
    const answer = await post(url, callback).catch(() => 'no answer')
    // One that was stored, and whose answer was lost, is a duplicate when it comes again.
    if (!/^200 (accepted|duplicate)$/.test(answer)) return answer
    unanswered.delete(instance)
    acknowledged.get(instance)?.push(callback.uuid)
    return answer
  }
  return {
    acknowledged,
    get count() {
      return [...acknowledged.values()].reduce((sum, ids) => sum + ids.length, 0)
    },
    send: (url) => sendOf(INSTANCES[turn++ % INSTANCES.length] ?? '', url),
    load(to) {
      let stopped = false
      const url = typeof to === 'string' ? () => to : to
      const workers = INSTANCES.map(async (instance) => {
        while (!stopped) await sendOf(instance, url())
      })
      return {
        async stop() {
          stopped = true
          await Promise.all(workers)
        },
      }
    },
  }
}

/** Where events arrive. */
export interface Arrivals {
  /** How often each event was taken, by its id and in the order of first arrival. */
  readonly taken: ReadonlyMap<string, number>
}

export interface Consumer extends Arrivals, AsyncDisposable {
  readonly url: string
  /** All that have come, taken or not. */
  readonly requests: readonly ReceivedRequest[]
  /** Does to each request from now on what this says; `take` until then. */
  behave(next: () => Answer): void
}

export const refuse: Answer = status(500)
export const hang: Answer = () => {}
export const take: Answer = status(200)

/** Takes events over HTTP: whatever it answers with 200, it has. */
export async function openConsumer(): Promise<Consumer> {
  const receiver = await openReceiver()
  const taken = new Map<string, number>()
  let next = () => take
  receiver.answerWith((response, request) => {
    response.once('finish', () => {
      if (response.statusCode !== 200) return
      const { uuid } = JSON.parse(request.body)
      taken.set(uuid, (taken.get(uuid) ?? 0) + 1)
    })
    next()(response, request)
  })
  return {
    url: receiver.url,
    taken,
    requests: receiver.requests,
    behave(how) {
      next = how
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

export interface Tally {
  readonly acknowledged: number
  /** Deliveries that are owed, and how many of them arrived at least once. */
  readonly owed: number
  readonly delivered: number
  readonly duplicates: number
}

/**
 * Waits until everything that was acknowledged has arrived everywhere, and prints the count. Rejects when something has
 * not arrived in time: it counts as lost.
 */
export async function settle(
  fault: string,
  sender: Sender,
  everywhere: readonly Arrivals[],
  withinMs = 60_000,
): Promise<Tally> {
  if (sender.count === 0) throw new Error('nothing was acknowledged, so nothing was tested')
  try {
    await eventually(() => lostOf(sender, everywhere), 0, withinMs)
  } finally {
    print(fault, tallyOf(sender, everywhere))
  }
  return tallyOf(sender, everywhere)
}

/** Waits until `look` gives what is expected. Vitest's own `expect.poll` is not for tests that run side by side. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  expected: T,
  withinMs = 30_000,
): Promise<void> {
  const check = async () => expect(await look()).toEqual(expected)
  await vi.waitFor(check, { timeout: withinMs, interval: 20 })
}

/** How many deliveries of what was acknowledged have not arrived. */
export function lostOf({ acknowledged }: Sender, everywhere: readonly Arrivals[]): number {
  const ids = [...acknowledged.values()].flat()
  return everywhere.reduce((sum, { taken }) => sum + ids.filter((id) => !taken.has(id)).length, 0)
}

function tallyOf(sender: Sender, everywhere: readonly Arrivals[]): Tally {
  const owed = sender.count * everywhere.length
  const extra = everywhere.flatMap(({ taken }) => [...taken.values()].map((times) => times - 1))
  return {
    acknowledged: sender.count,
    owed,
    delivered: owed - lostOf(sender, everywhere),
    duplicates: extra.reduce((sum, times) => sum + times, 0),
  }
}

function print(fault: string, { acknowledged, owed, delivered, duplicates }: Tally): void {
  const numbers = [
    `${acknowledged} acknowledged`,
    `${delivered} of ${owed} delivered`,
    `${owed - delivered} lost`,
    `${duplicates} more than once`,
  ]
  const columns = numbers.map((text) => text.padStart(24)).join('')
  process.stdout.write(`${fault.padEnd(48)}${columns}\n`)
}

/** What stands in `/metrics`, e.g. `lark_fanout_dead{sink="lake"}`. Undefined where it does not. */
export async function metric(url: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length))
}

/** Why this machine cannot do something that a command would do; undefined when it can. */
export function whyNot(command: string, ...args: readonly string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: 'pipe' })
    return undefined
  } catch {
    return `SKIPPED: \`${command}\` cannot do that here`
  }
}
