import type { Ledger, StoredEvent } from '../../core/ledger.ts'

/** The newest events of the store, whichever gateway has accepted them. Oldest first. */
export interface Newest {
  /** Reads the store: what was not there at the last reading. Nothing at the first. */
  read(): Promise<readonly StoredEvent[]>
  /** Of the last reading: what came after the event of this ref; all of it where that one is not among it. */
  after(ref: string): readonly StoredEvent[]
}

/** How many one reading gives at the most. */
export const NEWEST = 100
/** By how much clocks of several gateways may differ: an older event is not new, whatever else the store has deleted. */
const CLOCK_MS = 5 * 60_000

export function createNewest(ledger: Pick<Ledger, 'events'>, now: () => number): Newest {
  let last: readonly StoredEvent[] = []
  let lastAt: number | undefined
  return {
    async read() {
      const at = now()
      const { items } = await ledger.events({ order: 'newest first', limit: NEWEST })
      const known = new Set(last.map(({ ref }) => ref))
      const from = lastAt === undefined ? Number.POSITIVE_INFINITY : lastAt - CLOCK_MS
      ;[last, lastAt] = [items, at]
      return items
        .filter(({ ref, acceptedAt }) => acceptedAt >= from && !known.has(ref))
        .toReversed()
    },
    after(ref) {
      const place = last.findIndex((event) => event.ref === ref)
      return last.slice(0, place === -1 ? last.length : place).toReversed()
    },
  }
}
