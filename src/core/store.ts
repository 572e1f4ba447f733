import type { Ledger } from './ledger.ts'
import type { Outbox } from './outbox.ts'

export interface Store extends Outbox, Ledger {
  /** Rejects with a message for the operator when the store cannot take events. */
  check(): Promise<void>
  /** What was being written is finished first. */
  close(): Promise<void>
}
