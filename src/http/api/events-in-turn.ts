import type { EventHistory, Ledger } from '../../core/ledger.ts'

/** An event may be a megabyte, and its history as much again. */
const AT_ONCE = 4

/**
 * Reads the events of a page's deliveries, where those of one event stand beside each other: each once, for it may be
 * owed to hundreds, and few at once. Where one cannot be read, those that wait behind it are not tried.
 */
export function eventsInTurn(ledger: Pick<Ledger, 'event'>): Pick<Ledger, 'event'> {
  const turns = Array.from({ length: AT_ONCE }, () => Promise.resolve<EventHistory | null>(null))
  let count = 0
  let last = { key: '', reading: turns[0] ?? Promise.resolve(null) }
  return {
    event(name) {
      const key = JSON.stringify(name)
      if (key === last.key) return last.reading
      const turn = count++ % AT_ONCE
      const reading = Promise.resolve(turns[turn]).then(() => ledger.event(name))
      turns[turn] = reading
      last = { key, reading }
      return reading
    },
  }
}
