import type { EventHistory, EventName, StoredAttempt } from '../../core/ledger.ts'
import { type BareStoredEvent, bareStoredEvent, storedAttempt, storedDelivery } from '../rows.ts'
import type { SqliteDriver } from './driver.ts'
import { EVENT, seqsOf } from './events.ts'

export type BareEventHistory = BareStoredEvent & Pick<EventHistory, 'deliveries'>

export function eventHistory(db: SqliteDriver, name: EventName): BareEventHistory | null {
  const latest = Math.max(0, ...seqsOf(db, name))
  const [row] = db.rows(`SELECT ${EVENT} FROM events WHERE seq = ?`, latest)
  if (!row) return null
  const deliveries = db.rows(
    `SELECT d.*, e.id AS event_id FROM deliveries d CROSS JOIN events e ON e.seq = d.event
     WHERE d.event = ? ORDER BY d.seq`,
    Number(row.seq),
  )
  const histories = deliveries.map((delivery) => ({
    ...storedDelivery(delivery),
    history: attemptsOf(db, Number(delivery.seq)),
  }))
  return { ...bareStoredEvent(row), deliveries: histories }
}

function attemptsOf(db: SqliteDriver, delivery: number): readonly StoredAttempt[] {
  const rows = db.rows('SELECT * FROM attempts WHERE delivery = ? ORDER BY seq', delivery)
  return rows.map(storedAttempt)
}
