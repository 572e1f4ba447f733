import type {
  DeadSelection,
  EventName,
  Ledger,
  OweQuery,
  PageQuery,
  Progress,
  Redelivery,
  RetryBatch,
} from '../../core/ledger.ts'
import type { Log } from '../../core/runtime.ts'
import { positionOf, seqOf } from '../cursor.ts'
import { progress } from '../pages.ts'
import type { Connections, Query } from './connection.ts'
import { postgresPruning } from './prune.ts'
import { wholeMs } from './range.ts'

type Changes = Pick<Ledger, 'retry' | 'owe' | 'discard' | 'prune'>

/** Each is a call of a function of the database: one round trip, one transaction. */
export function postgresChanges({ query }: Pick<Connections, 'query'>, log: Log): Changes {
  return {
    retry: (selection, batch) => retry(query, selection, batch),
    owe: (batch, wish) => owe(query, batch, wish),
    discard: (sink, reason, batch) => discard(query, sink, reason, batch),
    prune: postgresPruning(query, log),
  }
}

async function retry(query: Query, selection: DeadSelection, batch: RetryBatch): Promise<Progress> {
  const after = positionOf(batch.cursor) ?? 0
  return 'ids' in selection
    ? retryIds(query, selection.ids, after, batch)
    : retryDead(query, selection, after, batch)
}

/** The cursor counts ids, each once. */
async function retryIds(
  query: Query,
  ids: readonly string[],
  start: number,
  { limit, now, dryRun }: RetryBatch,
): Promise<Progress> {
  const unique = [...new Set(ids)]
  const end = start + limit
  const seqs = unique.slice(start, end).map((id) => seqOf(id) ?? 0)
  const [row] = await query('SELECT lark_fanout.retry_ids($1, $2, $3) AS count', [
    ...[seqs, wholeMs(now), dryRun],
  ])
  return progress({ count: Number(row?.count), next: end < unique.length ? end : null })
}

async function retryDead(
  query: Query,
  { filter }: Extract<DeadSelection, { readonly filter: unknown }>,
  after: number,
  { limit, now, dryRun }: RetryBatch,
): Promise<Progress> {
  const { sink, event, since, until } = filter
  const rows = await query(
    'SELECT * FROM lark_fanout.retry_dead($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [
      ...[sink ?? null, ...idAndSeq(event)],
      ...[since, until].map((time) => (time === undefined ? null : wholeMs(time))),
      ...[after, limit, wholeMs(now), dryRun],
    ],
  )
  return progressOf(rows)
}

/** The function looks for both. Without an id it takes every event, and an empty one is nobody's. */
function idAndSeq(name: EventName | undefined) {
  if (name === undefined) return [null, null]
  return 'ref' in name ? ['', seqOf(name.ref)] : [name.id, null]
}

async function discard(
  query: Query,
  sink: string,
  reason: string,
  { cursor, limit, now }: PageQuery & { readonly now: number },
): Promise<Progress> {
  const after = positionOf(cursor) ?? 0
  return progressOf(
    await query('SELECT * FROM lark_fanout.discard($1, $2, $3, $4, $5)', [
      ...[sink, reason, after, limit, wholeMs(now)],
    ]),
  )
}

function progressOf([row]: Awaited<ReturnType<Query>>): Progress {
  const next = row?.next ?? null
  return progress({ count: Number(row?.count), next: next === null ? null : Number(next) })
}

async function owe(
  query: Query,
  batch: readonly Redelivery[],
  { resend, dryRun, now }: OweQuery,
): ReturnType<Ledger['owe']> {
  const owed = batch.flatMap((one, i) => one.owed.map((its) => ({ ...its, n: i + 1 })))
  const rows = await query('SELECT * FROM lark_fanout.owe_again($1, $2, $3, $4, $5, $6, $7, $8)', [
    batch.map(({ ref }) => seqOf(ref) ?? 0),
    batch.map(({ cleared }) => cleared),
    owed.map(({ n }) => n),
    owed.map(({ sink }) => sink),
    owed.map(({ orderKey }) => orderKey),
    ...[resend, wholeMs(now), dryRun],
  ])
  return rows.map(({ sink, count }) => ({ sink: String(sink), count: Number(count) }))
}
