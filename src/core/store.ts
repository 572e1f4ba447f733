import type { SharedLanes } from './lane/shared.ts'
import type { Ledger } from './ledger.ts'
import type { Outbox } from './outbox.ts'

export interface Store extends Outbox, Ledger {
  /** Rejects with a message for the operator when the store cannot take events. */
  check(): Promise<void>
  /** What was being written is finished first. */
  close(): Promise<void>
  /**
   * Tells of each sink for which another process has just left something that may be due. Only a hint that spares a
   * wait: some may never be told, and whoever looks each second finds all. To be called once.
   */
  watch?(heard: (sink: string) => void): void
  /** Of a store that several gateways share: what their lanes know together. */
  readonly lanes?: SharedLanes
}
