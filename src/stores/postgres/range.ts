import { type At, CLOCK_MS, type Order, type Range, rest, sqlOrder } from '../pages.ts'
import type { Query } from './connection.ts'

/** What is listed, and the function that finds where a time begins in it. */
const FIRST_AT = { events: 'first_event_at', all_deliveries: 'first_delivery_at' }

type Listed = At<{
  readonly order: Order
  readonly since?: number | undefined
  readonly until?: number | undefined
}>

/**
 * What of a list comes after `after`, accepted from `since` on and before `until`; and some others, for a clock may be
 * set back. `first`: the `seq` of the first row there, in the list's order; null where there is none.
 */
export async function rangeOf(
  query: Query,
  table: keyof typeof FIRST_AT,
  { since, until, order, after }: Listed,
): Promise<Range & { readonly first: unknown }> {
  const { low, high } = rest({ low: 0, high: Number.MAX_SAFE_INTEGER }, order, after)
  const firstAt = FIRST_AT[table]
  const [row] = await query(
    `WITH range AS MATERIALIZED (
       SELECT
         greatest($1::bigint, (SELECT min(seq) FROM lark_fanout.${table}), lark_fanout.${firstAt}($3)) AS low,
         least($2::bigint, (SELECT coalesce(max(seq), 0) FROM lark_fanout.${table}), lark_fanout.${firstAt}($4) - 1) AS high
     )
     SELECT low, high, (
       SELECT seq FROM lark_fanout.${table} WHERE seq BETWEEN low AND high
       ORDER BY seq ${sqlOrder(order)} LIMIT 1
     ) AS first FROM range`,
    [
      ...[low, high],
      since === undefined ? null : wholeMs(since) - CLOCK_MS,
      until === undefined ? null : wholeMs(until) + CLOCK_MS,
    ],
  )
  return { low: Number(row?.low), high: Number(row?.high), first: row?.first }
}

/** Of times in whole milliseconds, the same ones are before it, and from it on. */
export function wholeMs(time: number): number {
  return Math.ceil(time)
}
