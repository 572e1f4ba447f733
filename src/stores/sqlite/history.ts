import type { EventHistory, StoredAttempt } from '../../core/ledger.ts'
import { seqOf } from '../cursor.ts'
import { type BareStoredEvent, bareStoredEvent, storedAttempt, storedDelivery } from '../rows.ts'
import type { SqliteDriver } from './driver.ts'
import { seqsById } from './events.ts'

export type BareEventHistory = BareStoredEvent & Pick<EventHistory, 'deliveries'>

export function eventHistory(db: SqliteDriver, id: string): BareEventHistory | null {
  const byId = seqsById(db, id)
  const seq = byId.length > 0 ? Math.max(...byId) : seqOf(id)
  const [row] = db.rows('SELECT * FROM events WHERE seq = ?', seq)
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
