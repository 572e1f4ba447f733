import { CLOCK_MS, type Order, type Range, sqlOrder, type Window, windowFrom } from '../pages.ts'
import type { SqliteDriver } from './driver.ts'

export type Table = 'events' | 'deliveries'

/**
 * Where the rows accepted from `since` on and before `until` are, and some others. `accepted_at` grows with `seq`, but
 * for a clock that is set back: so it needs no index, which every accepted event would pay for.
 */
export function rangeOf(
  db: SqliteDriver,
  table: Table,
  { since, until }: { readonly since?: number | undefined; readonly until?: number | undefined },
): Range {
  const [ends] = db.rows(
    `SELECT (SELECT min(seq) FROM ${table}) AS low, (SELECT max(seq) FROM ${table}) AS high`,
  )
  const all = { low: Number(ends?.low ?? 0), high: Number(ends?.high ?? 0) }
  return {
    low: since === undefined ? all.low : firstAt(db, table, all, since - CLOCK_MS),
    high: until === undefined ? all.high : firstAt(db, table, all, until + CLOCK_MS) - 1,
  }
}

/** The `seq` from which on rows were accepted at `time` or later. */
function firstAt(db: SqliteDriver, table: Table, { low, high }: Range, time: number): number {
  let from = low
  let to = high + 1
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    const [row] = db.rows(
      `SELECT seq, accepted_at FROM ${table} WHERE seq >= ? ORDER BY seq LIMIT 1`,
      middle,
    )
    const isEarlier = row && Number(row.seq) < to && Number(row.accepted_at) < time
    if (isEarlier) from = Number(row.seq) + 1
    else to = middle
  }
  return from
}

/** The part of a range that one page looks at, where no index helps it. */
export function windowOf(db: SqliteDriver, table: Table, range: Range, order: Order): Window {
  const [first] = db.rows(
    `SELECT seq FROM ${table} WHERE seq BETWEEN ? AND ? ORDER BY seq ${sqlOrder(order)} LIMIT 1`,
    ...[range.low, range.high],
  )
  return windowFrom(first?.seq, range, order)
}
