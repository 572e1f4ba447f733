import type { SharedBreaker, SharedLanes } from '../../core/lane/shared.ts'
import type { Query, Row } from './connection.ts'

/** `tell` lets other gateways know that there is news of these sinks. */
export function postgresLanes(query: Query, tell: (sinks: readonly string[]) => void): SharedLanes {
  return {
    async breakers() {
      const rows = await query(`
        SELECT sink, mark, failures, open_until, trying_until FROM lark_fanout.breakers
        WHERE failures > 0 OR open_until IS NOT NULL`)
      return rows.map((row) => ({
        ...breakerOf(row),
        sink: String(row.sink),
        mark: String(row.mark),
      }))
    },
    async report({ sink, mark, succeeded, failures, seen, limit, cooldownMs, now }) {
      const [row] = await query(
        'SELECT * FROM lark_fanout.report($1, $2, $3, $4, $5, $6, $7, $8)',
        [sink, mark, succeeded, failures, seen, limit, cooldownMs, now],
      )
      const after = breakerOf(row)
      if (after.openUntil !== seen) tell([sink])
      return after
    },
    async try({ sink, mark, seen, cooldownMs, tryMs, now }) {
      const [row] = await query('SELECT * FROM lark_fanout.try($1, $2, $3, $4, $5, $6)', [
        ...[sink, mark, seen, cooldownMs, tryMs, now],
      ])
      return { ...breakerOf(row), granted: row?.granted === true }
    },
    async slots({ sink, intervalMs, want, until, now }) {
      const [row] = await query('SELECT * FROM lark_fanout.slots($1, $2, $3, $4, $5)', [
        ...[sink, intervalMs, want, until, now],
      ])
      return { first: Number(row?.first), count: Number(row?.count), nextAt: Number(row?.next_at) }
    },
  }
}

function breakerOf(row: Row | undefined): SharedBreaker {
  return {
    failures: Number(row?.failures),
    openUntil: timeOf(row?.open_until),
    tryingUntil: timeOf(row?.trying_until),
  }
}

function timeOf(value: unknown): number | null {
  return value === null ? null : Number(value)
}
