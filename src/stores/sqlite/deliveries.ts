import type { DeliveryFilter, DeliveryState } from '../../core/ledger.ts'
import { type At, type Order, pageOf, type Rows, rest, sqlOrder } from '../pages.ts'
import type { Row } from '../rows.ts'
import type { SqliteDriver, SqlValue } from './driver.ts'
import { seqsOf } from './events.ts'
import { rangeOf, windowOf } from './range.ts'

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
    const seqs = JSON.stringify(seqsOf(db, event))
    wanted.push(['d.event IN (SELECT value FROM json_each(?))', seqs])
  }
  if (since !== undefined) wanted.push(['d.accepted_at >= ?', since])
  if (until !== undefined) wanted.push(['d.accepted_at < ?', until])
  if (idleAt !== undefined) wanted.push(['(d.leased = 0 OR d.due_at <= ?)', idleAt])
  return wanted
}
