import type { DeliveryFilter, DeliveryState, StoredDelivery } from '../../core/ledger.ts'
import type { Row, SqliteDriver, SqlValue } from './driver.ts'
import { seqOf, seqsById } from './events.ts'
import { type At, type Order, pageOf, type Rows, rest, sqlOrder, windowOf } from './pages.ts'
import { rangeOf } from './range.ts'

interface Choice extends DeliveryFilter {
  readonly order: Order
  readonly limit: number
  readonly state?: DeliveryState | undefined
  /** Leaves out what is in flight at this time, in Unix milliseconds. */
  readonly idleAt?: number | undefined
}

/** Rows of deliveries, with `event_id`. */
export function chooseDeliveries(db: SqliteDriver, choice: At<Choice>): Rows<Row> {
  const { order, limit, after } = choice
  const index = indexFor(choice)
  const range = rest(rangeOf(db, 'deliveries', choice), order, after)
  const window =
    index === null ? windowOf(db, 'deliveries', range, order) : { ...range, edge: null }
  const wanted = conditions(db, choice)
  const rows = db.rows(
    `SELECT d.*, e.id AS event_id
     FROM deliveries d ${index === null ? 'NOT INDEXED' : `INDEXED BY ${index}`}
     CROSS JOIN events e ON e.seq = d.event
     WHERE ${['d.seq BETWEEN ? AND ?', ...wanted.map(([sql]) => sql)].join(' AND ')}
     ORDER BY d.seq ${sqlOrder(order)} LIMIT ?`,
    ...[window.low, window.high, ...wanted.flatMap(([, ...values]) => values), limit + 1],
  )
  return pageOf(rows, limit, window)
}

/** Where there is none for it, a page looks at so many rows, and no more. */
function indexFor({ event, state, sink }: DeliveryFilter & { readonly state?: unknown }) {
  if (event !== undefined) return 'deliveries_by_event'
  if (state === 'dead') return sink === undefined ? 'dead' : 'dead_by_sink'
  return state === 'pending' && sink !== undefined ? 'pending' : null
}

type Condition = readonly [sql: string, ...values: SqlValue[]]

const STATES: Readonly<Record<DeliveryState, string>> = {
  pending: `d.state = 'pending'`,
  delivered: `d.state = 'delivered'`,
  dead: `d.state = 'dead'`,
}

function conditions(db: SqliteDriver, choice: At<Choice>): readonly Condition[] {
  const { state, sink, event, since, until, idleAt } = choice
  const wanted: Condition[] = []
  if (state !== undefined) wanted.push([STATES[state]])
  if (sink !== undefined) wanted.push(['d.sink = ?', sink])
  if (event !== undefined) {
    const seqs = JSON.stringify([...seqsById(db, event), seqOf(event)])
    wanted.push(['d.event IN (SELECT value FROM json_each(?))', seqs])
  }
  if (since !== undefined) wanted.push(['d.accepted_at >= ?', since])
  if (until !== undefined) wanted.push(['d.accepted_at < ?', until])
  if (idleAt !== undefined) wanted.push(['(d.leased = 0 OR d.due_at <= ?)', idleAt])
  return wanted
}

export function storedDelivery(row: Row): StoredDelivery {
  const state = stateOf(row)
  return {
    id: String(row.seq),
    eventRef: String(row.event),
    eventId: String(row.event_id),
    sink: String(row.sink),
    state,
    attempts: Number(row.attempts),
    orderKey: textOf(row.order_key),
    acceptedAt: Number(row.accepted_at),
    dueAt: state === 'pending' ? Number(row.due_at) : null,
    inFlight: row.leased === 1,
    settledAt: row.settled_at === null ? null : Number(row.settled_at),
    reason: textOf(row.reason),
  }
}

function stateOf({ state }: Row): DeliveryState {
  return state === 'pending' || state === 'delivered' ? state : 'dead'
}

function textOf(value: unknown): string | null {
  return value === null ? null : String(value)
}
