import type { Row } from '../rows.ts'
import type { SqliteDriver } from './driver.ts'

const PENDING = `sink = ? AND order_key = ? AND state = 'pending'`

export function hasPending(db: SqliteDriver, sink: string, orderKey: string): boolean {
  return db.rows(`SELECT 1 FROM deliveries WHERE ${PENDING} LIMIT 1`, sink, orderKey).length > 0
}

/**
 * Makes the earliest pending delivery of an order key its head, the one that is not `behind`; but a head in flight
 * stays it, unless its lease has `lapsed`. Called after every change of a key's pending ones, so that one of them is
 * the head and only one. True when another one is the head now.
 */
export function placeHead(
  db: SqliteDriver,
  sink: string,
  orderKey: string,
  { lapsed = false } = {},
): boolean {
  const [waiting] = db.rows(
    `SELECT seq FROM deliveries WHERE ${PENDING} AND behind = 1 ORDER BY seq LIMIT 1`,
    ...[sink, orderKey],
  )
  if (!waiting) return false
  const [head] = db.rows(
    `SELECT seq, leased FROM deliveries WHERE ${PENDING} AND behind = 0 LIMIT 1`,
    ...[sink, orderKey],
  )
  const first = Number(waiting.seq)
  if (head) {
    if (Number(head.seq) < first || (head.leased === 1 && !lapsed)) return false
    db.run('UPDATE deliveries SET behind = 1 WHERE seq = ?', Number(head.seq))
  }
  db.run('UPDATE deliveries SET behind = 0 WHERE seq = ?', first)
  return true
}

/** Of a delivery's row: nothing to do where it has no key. */
export function placeHeadOf(db: SqliteDriver, { sink, order_key }: Row): void {
  if (order_key !== null) placeHead(db, String(sink), String(order_key))
}
