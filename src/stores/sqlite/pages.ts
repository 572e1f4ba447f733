import type { EventQuery } from '../../core/ledger.ts'
import type { Row, SqliteDriver } from './driver.ts'
import type { Range, Table } from './range.ts'

export type Order = EventQuery['order']

/** A query whose cursor has been read: the `seq` after which the page begins. */
export type At<Query> = Omit<Query, 'cursor'> & { readonly after: number | null }

export interface Rows<T> {
  readonly items: readonly T[]
  /** The next page's `after`. */
  readonly next: number | null
}

/** What a page looks at, and where the next one goes on when this one has found too little. */
interface Window extends Range {
  readonly edge: number | null
}

export const sqlOrder = (order: Order) => (order === 'oldest first' ? 'ASC' : 'DESC')

/** What of a range comes after it. */
export function rest({ low, high }: Range, order: Order, after: number | null): Range {
  if (after === null) return { low, high }
  return order === 'oldest first'
    ? { low: Math.max(low, after + 1), high }
    : { low, high: Math.min(high, after - 1) }
}

/** How many rows a page looks at in vain: this takes some 20 ms, and all readers share a thread. */
const LOOK_AT = 10_000

/** The part of a range that one page looks at, where no index helps it. */
export function windowOf(
  db: SqliteDriver,
  table: Table,
  { low, high }: Range,
  order: Order,
): Window {
  const [first] = db.rows(
    `SELECT seq FROM ${table} WHERE seq BETWEEN ? AND ? ORDER BY seq ${sqlOrder(order)} LIMIT 1`,
    ...[low, high],
  )
  if (!first) return { low, high, edge: null }
  const start = Number(first.seq)
  if (order === 'oldest first') {
    const end = start + LOOK_AT - 1
    return end < high ? { low: start, high: end, edge: end } : { low: start, high, edge: null }
  }
  const end = start - LOOK_AT + 1
  return end > low ? { low: end, high: start, edge: end } : { low, high: start, edge: null }
}

/** Of rows of which at least one more than `limit` was asked for. */
export function pageOf(
  rows: Iterable<Row>,
  limit: number,
  { edge }: Pick<Window, 'edge'>,
): Rows<Row> {
  const { items, more } = take(rows, limit)
  const last = items.at(-1)
  return { items, next: last && more ? Number(last.seq) : edge }
}

/** How much of events' texts, in characters, is held at once: an event has a megabyte or less, but for one alone. */
const HELD_CHARS = 8 * 1024 * 1024

/** As many rows as may be held at once, one at the least. */
export function take(
  rows: Iterable<Row>,
  limit: number,
  maxChars = HELD_CHARS,
): { items: readonly Row[]; more: boolean } {
  const most = Math.min(maxChars, HELD_CHARS)
  const items: Row[] = []
  let chars = 0
  for (const row of rows) {
    chars += typeof row.raw === 'string' ? row.raw.length : 0
    const isFull = items.length >= limit || (items.length > 0 && chars > most)
    if (isFull) return { items, more: true }
    items.push(row)
  }
  return { items, more: false }
}
