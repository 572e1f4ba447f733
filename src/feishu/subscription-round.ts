import { messageOf } from '../core/errors.ts'
import { createRate, type Rate } from '../core/lane/rate.ts'
import type { Subscription, WantedApproval } from '../core/plugin.ts'
import type { Runtime } from '../core/runtime.ts'
import { createSubscribe, type Subscribed } from './api/subscribe.ts'
import type { FeishuApp } from './app-options.ts'

/** Feishu allows 100 a minute: this leaves room for requests that overtake each other on their way. */
const CALLS_PER_SECOND = 90 / 60

/** Before the second and the third try, where Feishu itself asks to be tried again. */
const BUSY_WAITS_MS = [1000, 3000]

/** Resolves after so many milliseconds, or as soon as the signal aborts. Never rejects. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

export interface RoundOptions {
  readonly signal: AbortSignal
  /** Told after each approval how many are done. */
  progress?(done: number): void
}

/**
 * Goes through the approvals once, at Feishu's pace. What concerns all of them (no connection, a wrong secret) fails
 * all that are left. Never rejects.
 */
export type SubscribeRound = (
  approvals: readonly WantedApproval[],
  options: RoundOptions,
) => Promise<readonly Subscription[]>

export function createRounds(app: FeishuApp, runtime: Runtime, sleep: Sleep): SubscribeRound {
  const subscribe = createSubscribe(app, runtime)
  const rate = rateOf(app, runtime)

  async function askOnce(code: string, signal: AbortSignal): Promise<Subscribed> {
    // Another source of the app may have taken the slot that this one has waited for.
    while (!signal.aborted && rate.nextAt(runtime.now()) > runtime.now()) {
      await sleep(rate.nextAt(runtime.now()) - runtime.now(), signal)
    }
    signal.throwIfAborted()
    rate.spend(runtime.now())
    return subscribe(code, signal)
  }

  async function ask(code: string, signal: AbortSignal): Promise<Subscription> {
    let answer = await askOnce(code, signal)
    for (const waitMs of BUSY_WAITS_MS) {
      if (answer.state !== 'busy') break
      await sleep(waitMs, signal)
      answer = await askOnce(code, signal)
    }
    const { state, message } = answer
    return { code, message, state: state === 'busy' || state === 'refused' ? 'failed' : state }
  }

  return async (approvals, { signal, progress }) => {
    const results: Subscription[] = []
    try {
      for (const { code } of approvals) {
        results.push(await ask(code, signal))
        progress?.(results.length)
      }
      return results
    } catch (error) {
      const message = messageOf(error)
      const rest = approvals.slice(results.length)
      return [...results, ...rest.map(({ code }) => ({ code, state: 'failed' as const, message }))]
    }
  }
}

/** By what the runtimes of one process have in common: each source has a runtime, with a log, of its own. */
const rates = new WeakMap<Runtime['fetch'], Map<string, Rate>>()

/** Feishu counts the calls of an app, whichever of its sources make them. */
function rateOf({ domain, appId }: FeishuApp, { fetch, now }: Runtime): Rate {
  const known = rates.get(fetch) ?? new Map<string, Rate>()
  rates.set(fetch, known)
  const key = `${domain} ${appId}`
  // An interval back, so that the first call need not wait.
  const rate = known.get(key) ?? createRate(CALLS_PER_SECOND, now() - 1000 / CALLS_PER_SECOND)
  known.set(key, rate)
  return rate
}

export const sleepFor: Sleep = async (ms, signal) => {
  if (ms <= 0 || signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  const timer = setTimeout(end, ms)
  signal.addEventListener('abort', end)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', end)
}
