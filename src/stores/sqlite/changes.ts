import type {
  DeadSelection,
  OweQuery,
  PageQuery,
  Redelivery,
  RetryBatch,
} from '../../core/ledger.ts'
import { seqOf } from '../cursor.ts'
import type { At, Rows, Step } from '../pages.ts'
import type { Row } from '../rows.ts'
import { chooseDeliveries } from './deliveries.ts'
import type { TallyingDriver } from './driver.ts'
import { placeHeadOf } from './order.ts'
import { owe as oweFresh } from './outbox.ts'

export function retry(db: TallyingDriver, selection: DeadSelection, batch: At<RetryBatch>): Step {
  const { items, next } =
    'ids' in selection ? deadByIds(db, selection.ids, batch) : deadBy(db, selection.filter, batch)
  if (!batch.dryRun) for (const row of items) revive(db, row, batch.now)
  return { count: items.length, next }
}

function deadBy(db: TallyingDriver, filter: object, { after, limit }: At<RetryBatch>): Rows<Row> {
  return chooseDeliveries(db, { ...filter, state: 'dead', order: 'oldest first', after, limit })
}

/** `after` counts ids, each once. */
function deadByIds(
  db: TallyingDriver,
  ids: readonly string[],
  { after, limit }: At<RetryBatch>,
): Rows<Row> {
  const unique = [...new Set(ids)]
  const start = after ?? 0
  const end = start + limit
  const items = unique
    .slice(start, end)
    .flatMap((id) =>
      db.rows(`SELECT * FROM deliveries WHERE seq = ? AND state = 'dead'`, seqOf(id)),
    )
  return { items, next: end < unique.length ? end : null }
}

/** In its old place: the claim only grows, so that whoever held it before has no more say. */
function revive(db: TallyingDriver, row: Row, now: number): void {
  db.run(
    `UPDATE deliveries SET state = 'pending', due_at = ?, leased = 0, behind = order_key IS NOT NULL,
       attempts = 0, unsettled = 0, settled_at = NULL, reason = NULL
     WHERE seq = ?`,
    ...[now, Number(row.seq)],
  )
  db.tally(String(row.sink), 1, -1)
  placeHeadOf(db, row)
}

export function discard(
  db: TallyingDriver,
  sink: string,
  reason: string,
  { now, after, limit }: At<PageQuery & { readonly now: number }>,
): Step {
  const choice = { sink, state: 'pending' as const, idleAt: now, order: 'oldest first' as const }
  const { items, next } = chooseDeliveries(db, { ...choice, after, limit })
  for (const row of items) {
    db.run(
      `UPDATE deliveries SET state = 'dead', reason = ?, settled_at = ?, leased = 0 WHERE seq = ?`,
      ...[reason, now, Number(row.seq)],
    )
    db.tally(sink, -1, 1)
    placeHeadOf(db, row)
  }
  return { count: items.length, next }
}

export function owe(
  db: TallyingDriver,
  batch: readonly Redelivery[],
  query: OweQuery,
): readonly { readonly sink: string; readonly count: number }[] {
  const counts = new Map<string, number>()
  const owedNow = new Set<string>()
  for (const { ref, cleared, owed } of batch) {
    const [event] = db.rows('SELECT seq FROM events WHERE seq = ?', seqOf(ref))
    if (!event) continue
    const seq = Number(event.seq)
    if (cleared && !query.dryRun) db.run('UPDATE events SET problems = NULL WHERE seq = ?', seq)
    for (const { sink, orderKey } of owed) {
      const key = JSON.stringify([seq, sink]) // A dry run must not count one twice either.
      if (owedNow.has(key) || !oweAgain(db, seq, sink, orderKey, query)) continue
      owedNow.add(key)
      counts.set(sink, (counts.get(sink) ?? 0) + 1)
    }
  }
  return [...counts].map(([sink, count]) => ({ sink, count }))
}

/** False where nothing is owed by it. */
function oweAgain(
  db: TallyingDriver,
  event: number,
  sink: string,
  orderKey: string | null,
  { resend, dryRun, now }: OweQuery,
): boolean {
  const own = db.rows(
    `SELECT seq, sink, order_key, state FROM deliveries WHERE event = ? AND sink = ? ORDER BY seq`,
    ...[event, sink],
  )
  if (own.some(({ state }) => state === 'pending')) return false
  if (!resend && own.some(({ state }) => state === 'delivered')) return false
  if (dryRun) return true
  const dead = own.findLast(({ state }) => state === 'dead')
  if (dead) revive(db, dead, now)
  else oweFresh(db, event, { sink, orderKey, claimMs: 0 }, now)
  return true
}
