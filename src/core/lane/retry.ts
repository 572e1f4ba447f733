import type { DeliveryFailure } from '../errors.ts'
import type { Settlement } from '../outbox.ts'
import type { RetryPolicy, SinkSettings } from '../plan.ts'

/** A receiver's `Retry-After` is believed up to here. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000

/** The waits before an attempt's quick tries: each twice as long as the one before it, from the first to the last. */
export const QUICK_WAIT_MS = { first: 100, last: 1000 }

/** What a lease has beyond the attempt itself: time to wait in the lane, for the store and for a busy machine. */
const LEASE_MARGIN_MS = 30_000

export interface Failed {
  /** Which attempt it was, from 1. */
  readonly attempt: number
  readonly message: string
  readonly failure: DeliveryFailure
}

/** What becomes of a delivery whose attempt failed. `random` in [0, 1), `now` in Unix milliseconds. */
export function afterFailure(
  policy: RetryPolicy,
  { attempt, message, failure }: Failed,
  now: number,
  random: number,
): Settlement['outcome'] {
  if (failure.permanent) return { state: 'dead', reason: message }
  const planned = policy.waits[attempt - 1]
  if (planned === undefined) {
    const times = attempt === 1 ? '1 attempt' : `${attempt} attempts`
    return { state: 'dead', reason: `gave up after ${times}: ${message}` }
  }
  const stretched = planned * (1 + policy.jitter * random)
  const asked = Math.min(failure.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return { state: 'pending', dueAt: Math.ceil(now + Math.max(stretched, asked)) }
}

/** The longest that one attempt with all its quick tries can take. */
export function longestAttemptMs({ timeoutMs, retry }: SinkSettings): number {
  let longestMs = timeoutMs
  for (let wait = 0; wait < retry.quick; wait++) {
    longestMs += Math.min(QUICK_WAIT_MS.first * 2 ** wait, QUICK_WAIT_MS.last) + timeoutMs
  }
  return longestMs
}

/** How long a lane may hold a delivery. */
export function leaseMsOf(settings: SinkSettings): number {
  return longestAttemptMs(settings) + LEASE_MARGIN_MS
}
