import type {
  Acceptance,
  Accepted,
  ClaimedDelivery,
  ClaimQuery,
  Granted,
  Owed,
  Release,
  Settlement,
} from '../../core/outbox.ts'
import { take } from '../pages.ts'
import { type BareEvent, bareEvent, type Row } from '../rows.ts'
import type { SqliteDriver, TallyingDriver } from './driver.ts'
import { hasPending, placeHead, placeHeadOf } from './order.ts'

export type BareAcceptance = Omit<Acceptance, 'event'> & { readonly event: BareEvent }
export type BareClaimed = Omit<ClaimedDelivery, 'event'> & { readonly event: BareEvent }

/**
 * For a database that only one process can hold, as it opens: whoever had the leases is gone. One that has run out is
 * due as it is, and looked for among all that is due it would take 0.1 ms a thousand.
 */
export function freeLeases(db: SqliteDriver, now: number): void {
  const held = db.rows(
    `SELECT d.seq, d.sink, d.order_key FROM tallies t CROSS JOIN deliveries d
     WHERE d.sink = t.sink AND d.state = 'pending' AND d.behind = 0 AND d.due_at > ?
       AND d.leased = 1`,
    now,
  )
  for (const delivery of held) {
    db.run('UPDATE deliveries SET due_at = ?, leased = 0 WHERE seq = ?', now, Number(delivery.seq))
    placeHeadOf(db, delivery)
  }
}

const DUPLICATE: Accepted = { duplicate: true, granted: [] }

export function accept(
  db: TallyingDriver,
  batch: readonly BareAcceptance[],
  now: number,
): readonly Accepted[] {
  return batch.map((acceptance) => acceptOne(db, acceptance, now))
}

function acceptOne(
  db: TallyingDriver,
  { event, problems, owed }: BareAcceptance,
  now: number,
): Accepted {
  const { id, type, appId, tenantKey, via, raw, trace } = event
  if (id !== '' && isKnown(db, event)) return DUPLICATE
  const reasons = problems.length > 0 ? JSON.stringify(problems) : null
  const time = Math.floor(event.time)
  const seq = db.insert(
    `INSERT INTO events
       (seq, id, type, app_id, tenant_key, via, time, raw, problems, accepted_at)
     VALUES (${FRESH_SEQ}, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[id, type, appId, tenantKey, via, time, raw, reasons, now],
  )
  if (trace !== undefined)
    db.run('INSERT INTO traces (event, traceparent) VALUES (?, ?)', seq, trace)
  if (id !== '') {
    db.run(
      `INSERT INTO identities (app_id, tenant_key, id, accepted_at, event) VALUES (?, ?, ?, ?, ?)`,
      ...[appId, tenantKey, id, now, seq],
    )
  }
  const granted = reasons ? [] : owed.flatMap((one) => owe(db, seq, one, now))
  return { duplicate: false, granted }
}

/** Never one that was used before: an identity remembers the number of its event, which may be gone. */
const FRESH_SEQ = `1 + max(
  coalesce((SELECT max(seq) FROM events), 0), coalesce((SELECT max(event) FROM identities), 0))`

function isKnown(db: SqliteDriver, { appId, tenantKey, id }: BareEvent): boolean {
  const rows = db.rows(
    'SELECT 1 FROM identities WHERE app_id = ? AND tenant_key = ? AND id = ?',
    ...[appId, tenantKey, id],
  )
  return rows.length > 0
}

export function owe(
  db: TallyingDriver,
  event: number,
  { sink, orderKey, claimMs }: Owed,
  now: number,
): readonly Granted[] {
  const behind = orderKey !== null && hasPending(db, sink, orderKey)
  const granted = claimMs > 0 && !behind
  const dueAt = granted ? Math.ceil(now + claimMs) : now
  const claim = granted ? 1 : 0
  const seq = db.insert(
    `INSERT INTO deliveries
       (event, sink, due_at, leased, behind, claim, unsettled, attempts, order_key, accepted_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
    ...[event, sink, dueAt, claim, Number(behind), claim, claim, orderKey, now],
  )
  db.tally(sink, 1, 0)
  return granted ? [{ sink, id: String(seq), claim }] : []
}

export function claim(db: SqliteDriver, query: ClaimQuery): readonly BareClaimed[] {
  const { sink, now, leaseMs, limit, chars } = query
  const rows = db.each(
    `SELECT d.seq, d.claim, d.attempts, d.unsettled, d.leased, d.order_key,
            e.id, e.type, e.app_id, e.tenant_key, e.via, e.time, e.raw,
            (SELECT traceparent FROM traces WHERE event = d.event) AS traceparent
     FROM deliveries d JOIN events e ON e.seq = d.event
     WHERE d.sink = ? AND d.state = 'pending' AND d.behind = 0 AND d.due_at <= ?
     ORDER BY d.due_at, d.seq LIMIT ?`,
    ...[sink, now, limit],
  )
  const due = take(rows, limit, chars).items
  // An earlier one may have been owed again while this one was in flight, and goes first now.
  const lapsed = due.filter((row) => row.leased === 1 && row.order_key !== null)
  const placed = lapsed.filter((row) =>
    placeHead(db, sink, String(row.order_key), { lapsed: true }),
  )
  if (placed.length > 0) return claim(db, query)
  const leaseUntil = Math.ceil(now + leaseMs)
  return due.map((row) => {
    db.run(
      `UPDATE deliveries SET claim = claim + 1, unsettled = unsettled + 1, leased = 1, due_at = ?
       WHERE seq = ?`,
      ...[leaseUntil, Number(row.seq)],
    )
    return {
      id: String(row.seq),
      event: bareEvent(row),
      claim: Number(row.claim) + 1,
      attempt: Number(row.attempts) + 1,
      cutShort: Number(row.unsettled),
      ordered: row.order_key !== null,
      leaseUntil,
    }
  })
}

export function nextDueAt(db: SqliteDriver, sink: string): number | null {
  const [row] = db.rows(
    `SELECT due_at FROM deliveries WHERE sink = ? AND state = 'pending' AND behind = 0
     ORDER BY due_at LIMIT 1`,
    sink,
  )
  return row === undefined ? null : Number(row.due_at)
}

export function release(db: SqliteDriver, batch: readonly Release[]): void {
  for (const one of batch) {
    const delivery = held(db, one)
    if (!delivery) continue
    db.run(
      'UPDATE deliveries SET due_at = ?, unsettled = unsettled - ?, leased = 0 WHERE seq = ?',
      ...[Math.ceil(one.dueAt), one.wasSent ? 0 : 1, Number(one.id)],
    )
    placeHeadOf(db, delivery)
  }
}

/**
 * The fence: only whoever holds the latest claim, and holds it still. To look before a change is quicker than to have
 * the change tell (RETURNING): by 1 µs of 10.
 */
function held(db: SqliteDriver, { id, claim }: Pick<Release, 'id' | 'claim'>): Row | undefined {
  const [row] = db.rows(
    `SELECT sink, order_key FROM deliveries
     WHERE seq = ? AND claim = ? AND leased = 1 AND state = 'pending'`,
    ...[Number(id), claim],
  )
  return row
}

export function settle(db: TallyingDriver, batch: readonly Settlement[]): void {
  for (const settlement of batch) {
    const delivery = held(db, settlement)
    if (!delivery) continue
    changeState(db, settlement)
    const { state } = settlement.outcome
    if (state !== 'pending') db.tally(String(delivery.sink), -1, state === 'dead' ? 1 : 0)
    placeHeadOf(db, delivery)
    if (settlement.attempt > 1 || state !== 'delivered') recordAttempt(db, settlement)
  }
}

function changeState(db: SqliteDriver, { id, attempt, outcome, record }: Settlement): void {
  if (outcome.state === 'pending') {
    db.run(
      'UPDATE deliveries SET due_at = ?, attempts = ?, unsettled = 0, leased = 0 WHERE seq = ?',
      ...[Math.ceil(outcome.dueAt), attempt, Number(id)],
    )
    return
  }
  const reason = outcome.state === 'dead' ? outcome.reason : null
  const settledAt = Math.round(record.at + record.durationMs)
  db.run(
    `UPDATE deliveries SET state = ?, reason = ?, settled_at = ?, attempts = ?, unsettled = 0, leased = 0
     WHERE seq = ?`,
    ...[outcome.state, reason, settledAt, attempt, Number(id)],
  )
}

function recordAttempt(db: SqliteDriver, { id, attempt, record }: Settlement): void {
  const { at, durationMs, status, error, response } = record
  db.run(
    `INSERT INTO attempts (delivery, n, at, duration_ms, status, error, response)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...[Number(id), attempt, at, Math.round(durationMs), status, error, response],
  )
}
