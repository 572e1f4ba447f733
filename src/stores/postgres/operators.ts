import type { JsonObject } from '../../core/event.ts'
import type { AuditEntry, Pause } from '../../core/ledger.ts'
import { seqOf } from '../cursor.ts'
import { type At, pageOf, type Rows } from '../pages.ts'
import { type StoredAuditEntry, storedAuditEntry, storedPause } from '../rows.ts'
import type { Query } from './connection.ts'

/** What operators have done: pauses, and the audit of all they asked for. */

export async function pauses(query: Query): Promise<readonly Pause[]> {
  return (await query('SELECT * FROM lark_fanout.pauses')).map(storedPause)
}

export async function pause(query: Query, { sink, by, at, options }: Pause): Promise<void> {
  await query(
    `INSERT INTO lark_fanout.pauses (sink, paused_by, at, options) VALUES ($1, $2, $3, $4)
     ON CONFLICT (sink, paused_by) DO UPDATE SET at = excluded.at, options = excluded.options`,
    [sink, by, at, options],
  )
}

export async function resume(
  query: Query,
  sink: string,
  only?: Pick<Pause, 'by' | 'options'>,
): Promise<void> {
  await query(
    `DELETE FROM lark_fanout.pauses
     WHERE sink = $1 AND ($2::text IS NULL OR (paused_by = $2 AND options = $3))`,
    [sink, only?.by ?? null, only?.options ?? null],
  )
}

export async function record(query: Query, entry: AuditEntry): Promise<string> {
  const { at, actor, action, request, outcome } = entry
  const [row] = await query(
    `INSERT INTO lark_fanout.audit (at, actor, action, request, outcome)
     VALUES ($1, $2, $3, $4, $5) RETURNING seq`,
    [at, actor, action, JSON.stringify(request), outcome && JSON.stringify(outcome)],
  )
  return String(row?.seq)
}

export async function conclude(query: Query, id: string, outcome: JsonObject): Promise<void> {
  await query('UPDATE lark_fanout.audit SET outcome = $1 WHERE seq = $2', [
    JSON.stringify(outcome),
    seqOf(id),
  ])
}

export async function audit(
  query: Query,
  { after, limit }: At<{ readonly limit: number }>,
): Promise<Rows<StoredAuditEntry>> {
  const rows = await query(
    'SELECT * FROM lark_fanout.audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2',
    [after ?? Number.MAX_SAFE_INTEGER, limit + 1],
  )
  const { items, next } = pageOf(rows, limit, { edge: null })
  return { items: items.map(storedAuditEntry), next }
}
