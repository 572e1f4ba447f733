import pRetry from 'p-retry'
import { messageOf } from '../errors.ts'
import type { Outbox, Release, Settlement } from '../outbox.ts'
import type { Log } from '../runtime.ts'

/** Writes how deliveries ended while their lane goes on, and tries again when the store is out for a moment. */
export interface Settler {
  /** Resolves when it is written, or given up. */
  settle(settlement: Settlement): Promise<void>
  release(releases: readonly Release[]): void
  /** Resolves when nothing is being written any more. */
  idle(): Promise<void>
}

export function createSettler(outbox: Outbox, log: Log): Settler {
  const writing = new Set<Promise<void>>()

  // What cannot be written is not lost: its lease runs out and it is delivered once more.
  function write(what: string, run: () => Promise<void>): Promise<void> {
    const written = pRetry(run, { retries: 5, minTimeout: 200, factor: 2 })
      .catch((error) => log.error({ error: messageOf(error) }, `cannot store that a ${what}`))
      .finally(() => writing.delete(written))
    writing.add(written)
    return written
  }

  return {
    settle: (settlement) =>
      write(`delivery is ${settlement.outcome.state}`, () => outbox.settle([settlement])),
    release(releases) {
      if (releases.length > 0) {
        void write('delivery was given back', () => outbox.release(releases))
      }
    },
    async idle() {
      while (writing.size > 0) await Promise.all(writing)
    },
  }
}
