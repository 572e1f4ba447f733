import type { Release, Settlement } from '../outbox.ts'
import type { Runtime } from '../runtime.ts'
import type { Store } from '../store.ts'
import { createLate, type Write } from './late.ts'

/**
 * Writes how deliveries ended while their lanes go on. Where the store cannot take that, whatever else it can, it tries
 * on until all is written, however long that takes: a claim is good for as long as nobody has made another.
 */
export interface Settling {
  /** For one lane. `changed` is called whenever something of its own is written or given up. */
  open(sink: string, changed: (wasLate: boolean) => void): Settler
  /** The process is to end: what is not written some seconds from now, or from its own beginning, is given up. */
  hasten(): void
  /** Says in the log how much was given up by that. */
  close(): void
}

export interface Settler {
  /** Resolves when it is written, or given up. */
  settle(settlement: Settlement): Promise<void>
  release(releases: readonly Release[]): void
  /** How many deliveries have ended or were given back, and are not written yet. */
  readonly unsettled: number
  /** Whether the store could not take some of them. A claim now could find these, their leases being over. */
  readonly isBehind: boolean
  /** Resolves when nothing is left to be written. */
  idle(): Promise<void>
}

/** Long enough for a store that comes back soon, and within the ten seconds that hosts give a process to end. */
const HASTE_MS = 5000

interface Entry extends Write {
  readonly deliveries: number
  readonly ended: Promise<void>
}

export function createSettling(
  store: Pick<Store, 'settle' | 'release'>,
  runtime: Pick<Runtime, 'log' | 'now' | 'random'>,
): Settling {
  const late = createLate(runtime)
  const entries = new Set<Entry>()
  let isHasty = false
  let lost = 0

  function limit(entry: Entry): void {
    const timer = setTimeout(() => {
      lost += entry.deliveries
      late.drop(entry)
      entry.end()
    }, HASTE_MS)
    void entry.ended.then(() => clearTimeout(timer))
  }

  function begin(entry: Entry): void {
    entries.add(entry)
    void entry.ended.then(() => entries.delete(entry))
    if (isHasty) limit(entry)
    if (late.isOut) late.add(entry)
    else void entry.run().then(entry.end, (error) => entries.has(entry) && late.add(entry, error))
  }

  return {
    open: (sink, changed) => createSettler(store, begin, sink, changed),
    hasten() {
      isHasty = true
      for (const entry of entries) limit(entry)
    },
    close() {
      if (lost === 0) return
      const fields = { deliveries: lost }
      runtime.log.error(fields, 'cannot store how deliveries ended: they will be made once more')
    },
  }
}

function createSettler(
  store: Pick<Store, 'settle' | 'release'>,
  begin: (entry: Entry) => void,
  sink: string,
  changed: (wasLate: boolean) => void,
): Settler {
  const own = new Set<Entry>()
  let unsettled = 0
  let late = 0

  function write(deliveries: number, run: () => Promise<void>): Promise<void> {
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    let isLate = false
    const entry: Entry = {
      sink,
      deliveries,
      ended,
      run,
      late() {
        isLate = true
        late++
      },
      end() {
        if (!own.delete(entry)) return
        unsettled -= deliveries
        if (isLate) late--
        resolve()
        changed(isLate)
      },
    }
    own.add(entry)
    unsettled += deliveries
    begin(entry)
    return ended
  }

  return {
    settle: (settlement) => write(1, async () => store.settle([settlement])),
    release(releases) {
      if (releases.length > 0) void write(releases.length, async () => store.release(releases))
    },
    get unsettled() {
      return unsettled
    },
    get isBehind() {
      return late > 0
    },
    async idle() {
      while (own.size > 0) await Promise.all([...own].map(({ ended }) => ended))
    },
  }
}
