import type { AttemptRecord, Settlement } from '../outbox.ts'
import type { RetryPolicy } from '../plan.ts'
import type { Runtime } from '../runtime.ts'
import type { AttemptResult } from './attempt.ts'
import { afterFailure } from './retry.ts'

/** An attempt for people to read. `at` and `now` are its start and its end, in Unix milliseconds. */
export function recordOf(result: AttemptResult, at: number, now: number): AttemptRecord {
  const durationMs = now - at
  if (result.ok) return { at, durationMs, status: result.status, error: '', response: '' }
  const { status = null, response = '' } = result.failure
  return { at, durationMs, status, error: result.message, response }
}

/** What becomes of a delivery by its attempt. */
export function outcomeOf(
  result: AttemptResult,
  attempt: number,
  retry: RetryPolicy,
  { now, random }: Pick<Runtime, 'now' | 'random'>,
): Settlement['outcome'] {
  if (result.ok) return { state: 'delivered' }
  return afterFailure(retry, { attempt, ...result }, now(), random())
}
