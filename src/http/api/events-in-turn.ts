import type { EventHistory, Ledger } from '../../core/ledger.ts'

/**
 * Reads the events of a page's deliveries, where those of one event stand beside each other: one event at a time, and
 * each once, for it may be a megabyte and be owed to hundreds. Where one cannot be read, no other is tried.
 */
export function eventsInTurn(ledger: Pick<Ledger, 'event'>): Pick<Ledger, 'event'> {
  let last = { key: '', reading: Promise.resolve<EventHistory | null>(null) }
  return {
    event(name) {
      const key = JSON.stringify(name)
      if (key !== last.key) last = { key, reading: last.reading.then(() => ledger.event(name)) }
      return last.reading
    },
  }
}
