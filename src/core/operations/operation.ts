import { messageOf } from '../errors.ts'
import type { JsonObject } from '../event.ts'
import type { AuditEntry, Ledger } from '../ledger.ts'

/** What an operation works with, whoever asks for it. */
export interface Operator {
  readonly ledger: Ledger
  /** Unix milliseconds. */
  now(): number
  /** Who asks, for the audit: `cli alice@host`, `api`. */
  readonly actor: string
  /** Ends a long operation after the batch in hand; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Is told after each batch what has been done so far. */
export type Report<State> = (state: State) => void

/**
 * Writes what was asked for to the audit, does it, and writes what came of it: where it fails, what it had reported
 * until then, and the error.
 */
export async function audited<Outcome extends JsonObject, State extends JsonObject = Outcome>(
  { ledger, now, actor }: Operator,
  { action, request }: Pick<AuditEntry, 'action' | 'request'>,
  work: (report: Report<State>) => Promise<Outcome>,
  progress: Report<State> = () => {},
): Promise<Outcome> {
  const id = await ledger.record({ at: now(), actor, action, request, outcome: null })
  let reached: JsonObject = {}
  let outcome: Outcome
  try {
    outcome = await work((state) => {
      reached = state
      progress(state)
    })
  } catch (error) {
    // The first error is the one to tell of; that the audit cannot be written would follow from the same fault.
    await ledger.conclude(id, { ...reached, error: messageOf(error) }).catch(() => {})
    throw error
  }
  await ledger.conclude(id, outcome)
  return outcome
}

/** Runs batch after batch until one gives no cursor for the next; between two of them others have their turn. */
export async function inBatches(
  { signal }: Operator,
  batch: (cursor: string | undefined) => Promise<string | null>,
): Promise<void> {
  let cursor: string | null | undefined
  while (cursor !== null) {
    signal?.throwIfAborted()
    cursor = await batch(cursor)
    await new Promise((resolve) => setTimeout(resolve))
  }
}

/** RFC 3339 of Unix milliseconds. */
export function timestampOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
