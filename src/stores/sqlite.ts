import type { Event } from '../core/event.ts'
import type {
  Acceptance,
  Accepted,
  Backlog,
  ClaimedDelivery,
  ClaimQuery,
  Granted,
  Owed,
  Release,
  Settlement,
} from '../core/store.ts'

export type SqlValue = string | number | null

/** What the statements need of an engine. Everything is synchronous. */
export interface SqliteDriver {
  rows(sql: string, ...values: readonly SqlValue[]): readonly Readonly<Record<string, unknown>>[]
  run(sql: string, ...values: readonly SqlValue[]): { changes: number; rowid: number }
  /** Commits when `work` returns; when it throws, nothing has changed. */
  transaction<T>(work: () => T): T
}

/** An event as it is stored: its `data` is read from `raw` again. */
export type StoredEvent = Omit<Event, 'data'>

/** What can be asked of the database, by name. Plain data, for it may come from another thread. */
export interface Asks {
  accept: {
    readonly batch: readonly (Omit<Acceptance, 'event'> & { readonly event: StoredEvent })[]
    readonly now: number
  }
  claim: ClaimQuery
  nextDueAt: { readonly sink: string }
  settle: { readonly batch: readonly Settlement[] }
  release: { readonly batch: readonly Release[] }
  backlog: null
  check: null
}

export interface Answers {
  accept: readonly Accepted[]
  claim: readonly (Omit<ClaimedDelivery, 'event'> & { readonly event: StoredEvent })[]
  nextDueAt: number | null
  settle: null
  release: null
  backlog: readonly Backlog[]
  check: null
}

/** Each runs within a transaction that its caller has begun. */
export type Statements = { readonly [K in keyof Asks]: (ask: Asks[K]) => Answers[K] }

/** lark-fanout's SQL for SQLite, whatever engine runs it. */
export function sqliteStatements(db: SqliteDriver): Statements {
  return {
    accept: ({ batch, now }) => batch.map((acceptance) => accept(db, acceptance, now)),
    claim: (query) => claim(db, query),
    nextDueAt: ({ sink }) => nextDueAt(db, sink),
    settle({ batch }) {
      for (const settlement of batch) settle(db, settlement)
      return null
    },
    release({ batch }) {
      for (const { id, claim, dueAt } of batch) {
        db.run(GIVE_BACK, Math.ceil(dueAt), Number(id), claim)
      }
      return null
    },
    backlog: () => backlog(db),
    check() {
      db.run('UPDATE checked SET times = times + 1')
      return null
    },
  }
}

/** For a database that only one process can hold, as it opens: whoever had the leases is gone. */
export function freeLeases(db: SqliteDriver, now: number): void {
  db.run(`UPDATE deliveries SET due_at = ?, leased = 0 WHERE state = 'pending' AND leased = 1`, now)
}

const DUPLICATE: Accepted = { duplicate: true, granted: [] }

function accept(
  db: SqliteDriver,
  { event, problems, owed }: Asks['accept']['batch'][number],
  now: number,
): Accepted {
  const { id, type, appId, tenantKey, via, raw } = event
  if (id !== '' && isKnown(db, event, now)) return DUPLICATE
  const reasons = problems.length > 0 ? JSON.stringify(problems) : null
  const time = Math.floor(event.time)
  const { rowid } = db.run(
    `INSERT INTO events (id, type, app_id, tenant_key, via, time, raw, problems, accepted_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[id, type, appId, tenantKey, via, time, raw, reasons, now],
  )
  const granted = reasons ? [] : owed.flatMap((one) => owe(db, rowid, one, now))
  return { duplicate: false, granted }
}

function isKnown(db: SqliteDriver, { appId, tenantKey, id }: StoredEvent, now: number): boolean {
  const { changes } = db.run(
    `INSERT INTO identities (app_id, tenant_key, id, accepted_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    ...[appId, tenantKey, id, now],
  )
  return changes === 0
}

function owe(
  db: SqliteDriver,
  event: number,
  { sink, orderKey, claimMs }: Owed,
  now: number,
): readonly Granted[] {
  const behind = orderKey !== null && hasPending(db, sink, orderKey)
  const granted = claimMs > 0 && !behind
  const dueAt = granted ? Math.ceil(now + claimMs) : now
  const claim = granted ? 1 : 0
  const { rowid } = db.run(
    `INSERT INTO deliveries
       (event, sink, due_at, leased, behind, claim, attempts, order_key, accepted_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[event, sink, dueAt, claim, Number(behind), claim, claim, orderKey, now],
  )
  return granted ? [{ sink, id: String(rowid), claim }] : []
}

function hasPending(db: SqliteDriver, sink: string, orderKey: string): boolean {
  const rows = db.rows(
    `SELECT 1 FROM deliveries WHERE sink = ? AND order_key = ? AND state = 'pending' LIMIT 1`,
    ...[sink, orderKey],
  )
  return rows.length > 0
}

function claim(db: SqliteDriver, { sink, now, leaseMs, limit }: ClaimQuery): Answers['claim'] {
  const due = db.rows(
    `SELECT d.seq, d.claim, d.attempts, e.id, e.type, e.app_id, e.tenant_key, e.via, e.time, e.raw
     FROM deliveries d JOIN events e ON e.seq = d.event
     WHERE d.sink = ? AND d.state = 'pending' AND d.behind = 0 AND d.due_at <= ?
     ORDER BY d.due_at, d.seq LIMIT ?`,
    ...[sink, now, limit],
  )
  const leaseUntil = Math.ceil(now + leaseMs)
  return due.map((row) => {
    db.run(
      `UPDATE deliveries SET claim = claim + 1, attempts = attempts + 1, leased = 1, due_at = ?
       WHERE seq = ?`,
      ...[leaseUntil, Number(row.seq)],
    )
    return {
      id: String(row.seq),
      event: eventOf(row),
      claim: Number(row.claim) + 1,
      attempt: Number(row.attempts) + 1,
      leaseUntil,
    }
  })
}

function nextDueAt(db: SqliteDriver, sink: string): number | null {
  const [row] = db.rows(
    `SELECT due_at FROM deliveries WHERE sink = ? AND state = 'pending' AND behind = 0
     ORDER BY due_at LIMIT 1`,
    sink,
  )
  return row === undefined ? null : Number(row.due_at)
}

function eventOf(row: Readonly<Record<string, unknown>>): StoredEvent {
  return {
    id: String(row.id),
    type: String(row.type),
    appId: String(row.app_id),
    tenantKey: String(row.tenant_key),
    via: String(row.via),
    time: Number(row.time),
    raw: String(row.raw),
  }
}

/** The fence: true only for whoever holds the latest claim, and holds it still. */
const HELD = `seq = ? AND claim = ? AND leased = 1 AND state = 'pending'`

const GIVE_BACK = `UPDATE deliveries SET due_at = ?, attempts = attempts - 1, leased = 0 WHERE ${HELD}`
const RETRY = `UPDATE deliveries SET due_at = ?, leased = 0 WHERE ${HELD}`
const END = `UPDATE deliveries SET state = ?, reason = ?, settled_at = ?, leased = 0 WHERE ${HELD}`

function settle(db: SqliteDriver, settlement: Settlement): void {
  const { attempt, outcome, record } = settlement
  if (!hasEnded(db, settlement)) return
  if (attempt === 1 && outcome.state === 'delivered') return
  const { at, durationMs, status, error, response } = record
  db.run(
    `INSERT INTO attempts (delivery, n, at, duration_ms, status, error, response)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...[Number(settlement.id), attempt, at, Math.round(durationMs), status, error, response],
  )
}

function hasEnded(db: SqliteDriver, { id, claim, outcome, record }: Settlement): boolean {
  const held = [Number(id), claim]
  if (outcome.state === 'pending')
    return db.run(RETRY, Math.ceil(outcome.dueAt), ...held).changes > 0
  const reason = outcome.state === 'dead' ? outcome.reason : null
  const settledAt = Math.round(record.at + record.durationMs)
  return db.run(END, outcome.state, reason, settledAt, ...held).changes > 0
}

function backlog(db: SqliteDriver): readonly Backlog[] {
  const rows = db.rows(
    `SELECT sink, pending, dead, (
       SELECT accepted_at FROM deliveries d
       WHERE d.sink = tallies.sink AND d.state = 'pending' ORDER BY d.seq LIMIT 1
     ) AS oldest
     FROM tallies WHERE pending > 0 OR dead > 0`,
  )
  return rows.map(({ sink, pending, dead, oldest }) => ({
    sink: String(sink),
    pending: Number(pending),
    dead: Number(dead),
    oldestPendingAt: oldest === null ? null : Number(oldest),
  }))
}
