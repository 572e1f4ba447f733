import type { Ledger, Outcome, StoredEvent } from '../../core/ledger.ts'

/** The newest events of the store, whichever gateway has accepted them. */
export interface Newest {
  /**
   * Reads the store. `fresh`: what was not there at the last reading; `changed`: of what was there, that of which
   * something else has become. Nothing at the first.
   */
  read(): Promise<Reading>
  /**
   * Of the last reading. `fresh`: what came after the event of this ref, all of it where that one is not among it;
   * `changed`: all others, for nobody knows how long ago they were looked at.
   */
  after(ref: string): Reading
}

/** Each oldest first. */
export interface Reading {
  readonly fresh: readonly EventNow[]
  readonly changed: readonly EventNow[]
}

/** An event, and what has become of it by now. */
export interface EventNow {
  readonly stored: StoredEvent
  /** Undefined where it has no deliveries. */
  readonly outcome: Outcome | undefined
}

/** How many one reading gives at the most. */
export const NEWEST = 100
/** By how much clocks of several gateways may differ: an older event is not new, whatever else the store has deleted. */
const CLOCK_MS = 5 * 60_000

export function createNewest(
  ledger: Pick<Ledger, 'events' | 'outcomes'>,
  now: () => number,
): Newest {
  let last: readonly EventNow[] = []
  let lastAt: number | undefined
  return {
    async read() {
      const at = now()
      const current = await readNow(ledger)
      const known = new Map(last.map((one) => [one.stored.ref, stateOf(one)]))
      const from = lastAt === undefined ? Number.POSITIVE_INFINITY : lastAt - CLOCK_MS
      ;[last, lastAt] = [current, at]
      return {
        fresh: current.filter(
          ({ stored: { ref, acceptedAt } }) => acceptedAt >= from && !known.has(ref),
        ),
        changed: current.filter((one) => {
          const before = known.get(one.stored.ref)
          return before !== undefined && before !== stateOf(one)
        }),
      }
    },
    after(ref) {
      const place = last.findIndex(({ stored }) => stored.ref === ref) + 1
      return { fresh: last.slice(place), changed: last.slice(0, place) }
    },
  }
}

async function readNow(ledger: Pick<Ledger, 'events' | 'outcomes'>): Promise<readonly EventNow[]> {
  const { items } = await ledger.events({ order: 'newest first', limit: NEWEST })
  const outcomes = await ledger.outcomes(items.map(({ ref }) => ref))
  const byRef = new Map(outcomes.map((one) => [one.eventRef, one]))
  return items.toReversed().map((stored) => ({ stored, outcome: byRef.get(stored.ref) }))
}

/** Also whether it is still quarantined. */
function stateOf({ stored, outcome }: EventNow): string {
  const { delivered = 0, pending = 0, dead = 0 } = outcome ?? {}
  return [stored.problems.length, delivered, pending, dead].join()
}
