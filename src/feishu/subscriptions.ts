import type { Source, Subscription, WantedApproval } from '../core/plugin.ts'
import type { Log, Runtime } from '../core/runtime.ts'
import type { FeishuApp } from './app-options.ts'
import {
  createRounds,
  type RoundOptions,
  type Sleep,
  type SubscribeRound,
  sleepFor,
} from './subscription-round.ts'

const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 600_000

/** In one line of the log. */
const MAX_PLACES = 10

/** What a source with `subscribe: true` does for its app. */
export type Subscriptions = Required<Pick<Source, 'subscribe' | 'close'>>

/**
 * `subscribe` resolves once every approval has been asked for that is not subscribed yet, and says what came of it in
 * the log. What failed is tried again in the background, with growing waits, until a later call or `close`.
 */
export function createSubscriptions(
  app: FeishuApp,
  runtime: Runtime,
  sleep: Sleep = sleepFor,
): Subscriptions {
  const context = {
    subscribeRound: createRounds(app, runtime, sleep),
    subscribed: new Set<string>(),
    runtime,
    sleep,
  }
  const closing = new AbortController()
  let latest = new AbortController()
  let running = Promise.resolve()

  return {
    async subscribe(approvals) {
      latest.abort(new Error('not asked: a newer routes.yaml is in force'))
      latest = new AbortController()
      const signal = AbortSignal.any([latest.signal, closing.signal])
      const { promise, resolve } = Promise.withResolvers<readonly Subscription[]>()
      running = running.then(() => persist(approvals, context, signal, resolve))
      const asked = new Map((await promise).map((result) => [result.code, result]))
      return approvals.map(({ code }) => {
        return asked.get(code) ?? { code, state: 'already subscribed', message: '' }
      })
    },
    async close() {
      closing.abort(new Error('not asked: the gateway closes'))
      await running
    },
  }
}

interface Context {
  readonly subscribeRound: SubscribeRound
  /** Codes. Grows. */
  readonly subscribed: Set<string>
  readonly runtime: Runtime
  readonly sleep: Sleep
}

/** Resolves when nothing is left to be tried. `first` hears what the first round came to. */
async function persist(
  approvals: readonly WantedApproval[],
  { subscribeRound, subscribed, runtime, sleep }: Context,
  signal: AbortSignal,
  first: (results: readonly Subscription[]) => void,
): Promise<void> {
  let left = approvals.filter(({ code }) => !subscribed.has(code))
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    const results = await subscribeRound(left, { signal })
    for (const { code, state } of results) {
      if (state === 'subscribed' || state === 'already subscribed') subscribed.add(code)
    }
    first(results)
    if (signal.aborted) return
    say(runtime.log, results, left, waitMs)
    const failed = new Set(codesOf(results, 'failed'))
    const again = left.filter(({ code }) => failed.has(code))
    if (again.length === 0) return
    // The first of them may be the only one that Feishu has trouble with: it must not hold up the others for ever.
    left = [...again.slice(1), ...again.slice(0, 1)]
    await sleep(waitMs * (1 + 0.2 * runtime.random()), signal)
  }
}

/** Subscribes once, for a command that somebody waits for. Never rejects. */
export function subscribeNow(
  app: FeishuApp,
  approvals: readonly WantedApproval[],
  runtime: Runtime,
  options: RoundOptions,
): Promise<readonly Subscription[]> {
  return createRounds(app, runtime, sleepFor)(approvals, options)
}

function codesOf(results: readonly Subscription[], state: Subscription['state']): string[] {
  return results.filter((result) => result.state === state).map(({ code }) => code)
}

/** Names approvals by where routes.yaml does: their codes may come from variables. */
function say(
  log: Log,
  results: readonly Subscription[],
  approvals: readonly WantedApproval[],
  waitMs: number,
): void {
  const placesOf = new Map(approvals.map(({ code, places }) => [code, places]))
  const fresh = codesOf(results, 'subscribed').length
  const existing = codesOf(results, 'already subscribed').length
  if (fresh + existing > 0) {
    log.info({ subscribed: fresh, already_subscribed: existing }, 'approvals are subscribed')
  }
  for (const code of codesOf(results, 'unknown')) {
    const places = placesOf.get(code)?.join(', ')
    log.warn({}, `Feishu knows no approval with this code: ${places}`)
  }
  const failed = results.filter(({ state }) => state === 'failed')
  for (const [error, some] of Map.groupBy(failed, ({ message }) => message)) {
    const places = some.flatMap(({ code }) => placesOf.get(code) ?? []).slice(0, MAX_PLACES)
    const fields = { approvals: some.length, places, error }
    const wait = `tried again in ${Math.round(waitMs / 1000)} s`
    log.warn(fields, `approvals are not subscribed, so that their events may not come; ${wait}`)
  }
}
