import type { EventQuery, Page, Progress } from '../core/ledger.ts'
import { cursorAt, positionOf } from './cursor.ts'
import type { Row } from './rows.ts'

export type Order = EventQuery['order']

/** A query whose cursor has been read: the `seq` after which the page begins. */
export type At<Query> = Omit<Query, 'cursor'> & { readonly after: number | null }

export interface Rows<T> {
  readonly items: readonly T[]
  /** The next page's `after`. */
  readonly next: number | null
}

/** Reads a query's cursor. Throws RangeError for what no page has ever said. */
export function at<Query extends { readonly cursor?: string | undefined }>(
  query: Query,
): At<Query> {
  const { cursor, ...rest } = query
  return { ...rest, after: positionOf(cursor) }
}

export function page<Row, Item>(
  { items, next }: Rows<Row>,
  itemOf: (row: Row) => Item,
): Page<Item> {
  return { items: items.map(itemOf), next: cursorAt(next) }
}

/** How far it has come: `Progress`, with its cursor read. */
export interface Step {
  readonly count: number
  readonly next: number | null
}

export function progress({ count, next }: Step): Progress {
  return { count, next: cursorAt(next) }
}

/** Rows by their `seq`, from `low` to `high`. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** What a page looks at, and where the next one goes on when this one has found too little. */
export interface Window extends Range {
  readonly edge: number | null
}

export const sqlOrder = (order: Order) => (order === 'oldest first' ? 'ASC' : 'DESC')

/** How far the clock may have been set back without a row being missed. */
export const CLOCK_MS = 5 * 60_000

/** What of a range comes after it. */
export function rest({ low, high }: Range, order: Order, after: number | null): Range {
  if (after === null) return { low, high }
  return order === 'oldest first'
    ? { low: Math.max(low, after + 1), high }
    : { low, high: Math.min(high, after - 1) }
}

/** How many rows a page looks at in vain: this takes some 20 ms. */
const LOOK_AT = 10_000

/** The part of a range that one page looks at, where no index helps it; `first`: the `seq` of its first row. */
export function windowFrom(first: unknown, { low, high }: Range, order: Order): Window {
  if (typeof first !== 'number') return { low, high, edge: null }
  if (order === 'oldest first') {
    const end = first + LOOK_AT - 1
    return end < high ? { low: first, high: end, edge: end } : { low: first, high, edge: null }
  }
  const end = first - LOOK_AT + 1
  return end > low ? { low: end, high: first, edge: end } : { low, high: first, edge: null }
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
export const HELD_CHARS = 8 * 1024 * 1024

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
