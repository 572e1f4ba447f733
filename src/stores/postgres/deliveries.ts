import type { DeliveryQuery, DeliveryState, EventName } from '../../core/ledger.ts'
import { seqOf } from '../cursor.ts'
import { type At, pageOf, type Range, type Rows, windowFrom } from '../pages.ts'
import type { Row } from '../rows.ts'
import type { Query } from './connection.ts'
import { rangeOf, wholeMs } from './range.ts'

type Choice = At<DeliveryQuery>

/** Newest first: rows of `all_deliveries`, with `event_id`. */
export async function deliveries(query: Query, choice: Choice): Promise<Rows<Row>> {
  const { event, limit } = choice
  const [range, events] = await Promise.all([
    rangeOf(query, 'all_deliveries', { ...choice, order: 'newest first' }),
    event === undefined ? null : seqsOf(query, event),
  ])
  const window = hasIndex(choice)
    ? { ...range, edge: null }
    : windowFrom(range.first, range, 'newest first')
  const { sql, values } = chosen(choice, window, events)
  const rows = await query(
    `SELECT d.*, coalesce((SELECT id FROM lark_fanout.events e WHERE e.seq = d.event LIMIT 1), '') AS event_id
     FROM (${sql}) d ORDER BY d.seq DESC`,
    values,
  )
  return pageOf(rows, limit, window)
}

async function seqsOf(query: Query, name: EventName): Promise<readonly number[]> {
  if ('ref' in name) return [seqOf(name.ref) ?? 0]
  const rows = await query(
    'SELECT event FROM lark_fanout.identities WHERE id = lark_fanout.brief($1)',
    [name.id],
  )
  return rows.map((row) => Number(row.event))
}

/** Where there is none for it, a page looks at so many rows, and no more. */
function hasIndex({ event, state }: Choice): boolean {
  return event !== undefined || state === 'pending' || state === 'dead'
}

const STATES: Readonly<Record<DeliveryState, string>> = {
  pending: 'pending',
  delivered: 'NOT pending AND NOT dead',
  dead: 'dead',
}

/**
 * One more than `limit`. The planner knows neither how few have an event or a sink nor where they are, and might look
 * for them among all there are, in their order: so it is left no choice but the index of `event`, or of `(sink, seq)`.
 */
function chosen(choice: Choice, { low, high }: Range, events: readonly number[] | null) {
  const { state, sink, since, until, limit } = choice
  const values: unknown[] = []
  const value = (one: unknown) => `$${values.push(one)}`
  const [from, to] = [value(low), value(high)]
  const wanted = [`seq BETWEEN ${from} AND ${to}`]
  if (state !== undefined) wanted.push(STATES[state])
  if (since !== undefined) wanted.push(`accepted_at >= ${value(wholeMs(since))}`)
  if (until !== undefined) wanted.push(`accepted_at < ${value(wholeMs(until))}`)
  if (sink !== undefined) {
    const name = value(sink)
    wanted.push(`(sink, seq) >= (${name}, ${from}) AND (sink, seq) <= (${name}, ${to})`)
  }
  const table = 'lark_fanout.all_deliveries'
  const source = events
    ? `(SELECT * FROM ${table} WHERE event = ANY (${value(events)}) OFFSET 0) AS owed`
    : table
  const order = hasIndex(choice) && sink !== undefined ? 'sink DESC, seq DESC' : 'seq DESC'
  const sql = `SELECT * FROM ${source} WHERE ${wanted.join(' AND ')} ORDER BY ${order} LIMIT ${value(limit + 1)}`
  return { sql, values }
}
