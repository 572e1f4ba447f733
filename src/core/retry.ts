import type { DeliveryFailure } from './errors.ts'
import type { RetryPolicy, SinkSettings } from './plan.ts'
import type { Settlement } from './store.ts'

/** A receiver's `Retry-After` is believed up to here. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000

/** The wait before an attempt's first quick try; each further one waits twice as long. */
export const QUICK_WAIT_MS = 100

/** Beyond what the attempt itself may take: time for the store and for a busy machine. */
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
    return { state: 'dead', reason: `gave up after ${attempt} attempts: ${message}` }
  }
  const stretched = planned * (1 + policy.jitter * random)
  const asked = Math.min(failure.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return { state: 'pending', dueAt: Math.ceil(now + Math.max(stretched, asked)) }
}

/** How long a lane may hold a delivery: one whole attempt with all its quick tries, and a margin. */
export function leaseMsOf({ timeoutMs, retry }: SinkSettings): number {
  const quickWaitsMs = QUICK_WAIT_MS * (2 ** retry.quick - 1)
  return (retry.quick + 1) * timeoutMs + quickWaitsMs + LEASE_MARGIN_MS
}
