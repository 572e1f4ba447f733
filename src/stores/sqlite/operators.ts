import type { JsonObject } from '../../core/event.ts'
import type { AuditEntry, Pause } from '../../core/ledger.ts'
import { type At, pageOf, type Rows } from '../pages.ts'
import { type StoredAuditEntry, storedAuditEntry, storedPause } from '../rows.ts'
import type { SqliteDriver } from './driver.ts'

/** What operators have done: pauses, and the audit of all they asked for. */

export function pauses(db: SqliteDriver): readonly Pause[] {
  return db.rows('SELECT * FROM pauses').map(storedPause)
}

export function pause(db: SqliteDriver, { sink, by, at, options }: Pause): void {
  db.run(
    `INSERT INTO pauses (sink, paused_by, at, options) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, options = excluded.options`,
    ...[sink, by, at, options],
  )
}

export function resume(
  db: SqliteDriver,
  sink: string,
  only: Pick<Pause, 'by' | 'options'> | undefined,
): void {
  db.run(
    'DELETE FROM pauses WHERE sink = ?1 AND (?2 IS NULL OR (paused_by = ?2 AND options = ?3))',
    ...[sink, only?.by ?? null, only?.options ?? null],
  )
}

export function record(db: SqliteDriver, entry: AuditEntry): string {
  const { at, actor, action, request, outcome } = entry
  const texts = [JSON.stringify(request), outcome && JSON.stringify(outcome)]
  const seq = db.insert(
    'INSERT INTO audit (at, actor, action, request, outcome) VALUES (?, ?, ?, ?, ?)',
    ...[at, actor, action, ...texts],
  )
  return String(seq)
}

export function conclude(db: SqliteDriver, id: string, outcome: JsonObject): void {
  db.run('UPDATE audit SET outcome = ? WHERE seq = ?', JSON.stringify(outcome), Number(id))
}

export function audit(
  db: SqliteDriver,
  { after, limit }: At<{ readonly limit: number }>,
): Rows<StoredAuditEntry> {
  const rows = db.rows(
    'SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?',
    ...[after ?? Number.MAX_SAFE_INTEGER, limit + 1],
  )
  const { items, next } = pageOf(rows, limit, { edge: null })
  return { items: items.map(storedAuditEntry), next }
}
