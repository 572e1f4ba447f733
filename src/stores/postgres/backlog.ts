import type { Backlog } from '../../core/ledger.ts'
import type { Query } from './connection.ts'

export async function backlog(query: Query): Promise<readonly Backlog[]> {
  // An equal sink would leave the planner free to look for its first among all that are pending.
  const rows = await query(
    `SELECT t.*, (
       SELECT accepted_at FROM lark_fanout.deliveries d
       WHERE d.sink >= t.sink AND d.sink <= t.sink ORDER BY d.sink, d.seq LIMIT 1
     ) AS oldest
     FROM (
       SELECT sink, sum(pending)::bigint AS pending, sum(dead)::bigint AS dead
       FROM lark_fanout.tallies GROUP BY sink
     ) t WHERE t.pending > 0 OR t.dead > 0`,
  )
  return rows.map(({ sink, pending, dead, oldest }) => ({
    sink: String(sink),
    pending: Number(pending),
    dead: Number(dead),
    oldestPendingAt: oldest === null ? null : Number(oldest),
  }))
}

export async function wasOwed(query: Query, sink: string): Promise<boolean> {
  const rows = await query('SELECT FROM lark_fanout.tallies WHERE sink = $1 LIMIT 1', [sink])
  return rows.length > 0
}
