import type { PruneQuery } from '../../core/ledger.ts'
import type { Row } from '../rows.ts'
import type { Stage } from '../stages.ts'
import type { SqliteFile, TallyingDriver } from './driver.ts'

export const PRUNE_STAGES = ['events', 'identities', 'audit', 'pages'] as const

type PruneStage = Stage<(typeof PRUNE_STAGES)[number]>

export type StagedPrune = Omit<PruneQuery, 'cursor'> & { readonly from: PruneStage }

export interface PruneStep {
  readonly count: number
  readonly next: PruneStage | null
}

export function prune(db: TallyingDriver, query: StagedPrune): PruneStep {
  switch (query.from.stage) {
    case 'events':
      return pruneEvents(db, query)
    case 'identities':
      return pruneAging(db, query, 'identities', query.identitiesBefore)
    case 'audit':
      return pruneAging(db, query, 'audit', query.auditBefore)
    case 'pages':
      return giveBackPages(db.file, query.from.after)
  }
}

function pruneEvents(db: TallyingDriver, query: StagedPrune): PruneStep {
  const { from, limit, deliveredBefore, deadBefore } = query
  const looked = db.rows(
    'SELECT seq, accepted_at FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
    ...[from.after, limit],
  )
  if (!hasOld(db, 'events', looked, Math.max(deliveredBefore, deadBefore)))
    return { count: 0, next: { stage: 'identities', after: 0 } }
  const first = Number(looked.at(0)?.seq)
  const last = Number(looked.at(-1)?.seq)
  const end = endOfStep(db, first, last)
  const count = pruneBetween(db, first, end, query)
  const done = end === last && looked.length < limit
  return { count, next: done ? { stage: 'identities', after: 0 } : { stage: 'events', after: end } }
}

const FIRST_FROM = {
  events: 'SELECT accepted_at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1',
  identities: 'SELECT accepted_at FROM identities WHERE event >= ? ORDER BY event LIMIT 1',
  audit: 'SELECT at AS accepted_at FROM audit WHERE seq >= ? ORDER BY seq LIMIT 1',
}

/**
 * Where none is old, the walk is over: not at the first that is young, for the clock may have been wrong then. So it
 * looks at rows ever further ahead, and finds an old one where as many are old as the clock was wrong for.
 */
function hasOld(
  db: TallyingDriver,
  table: keyof typeof FIRST_FROM,
  looked: readonly Row[],
  before: number,
): boolean {
  if (looked.some((row) => Number(row.accepted_at) < before)) return true
  const last = looked.at(-1)
  for (let ahead = 1; last; ahead *= 2) {
    const [row] = db.rows(FIRST_FROM[table], Number(last.seq) + ahead)
    if (!row) break
    if (Number(row.accepted_at) < before) return true
  }
  return false
}

/** How many deliveries and attempts a step looks at: this takes some 20 ms, and more where answers are long. */
const ROWS = 4000

/** Where events have many of them each, a step goes through fewer events; through one at the least. */
function endOfStep(db: TallyingDriver, first: number, last: number): number {
  const sizes = db.rows(
    `SELECT event, 1 + attempts AS size FROM deliveries INDEXED BY deliveries_by_event
     WHERE event BETWEEN ? AND ? ORDER BY event LIMIT ?`,
    ...[first, last, ROWS + 1],
  )
  let left = ROWS
  for (const { event, size } of sizes) {
    left -= Number(size)
    if (left < 0) return Math.max(first, Number(event) - 1)
  }
  return last
}

function pruneBetween(
  db: TallyingDriver,
  first: number,
  last: number,
  { deliveredBefore, deadBefore }: StagedPrune,
): number {
  const gone = db.rows(
    `DELETE FROM deliveries INDEXED BY deliveries_by_event
     WHERE event BETWEEN ? AND ?
       AND (state = 'delivered' AND settled_at < ? OR state = 'dead' AND settled_at < ?)
     RETURNING seq, sink, state`,
    ...[first, last, deliveredBefore, deadBefore],
  )
  for (const { seq, sink, state } of gone) {
    db.run('DELETE FROM attempts WHERE delivery = ?', Number(seq))
    if (state === 'dead') db.tally(String(sink), 0, -1)
  }
  // Without an identity nothing else would remember its number: a ref means one event for ever.
  const events = db.rows(
    `DELETE FROM events
     WHERE seq BETWEEN ? AND ? AND accepted_at < CASE WHEN problems IS NULL THEN ? ELSE ? END
       AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.seq)
       AND (id <> '' OR seq < (SELECT max(seq) FROM events))
     RETURNING seq`,
    ...[first, last, deliveredBefore, deadBefore],
  )
  db.run(
    `DELETE FROM traces
     WHERE event BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM events WHERE seq = traces.event)`,
    ...[first, last],
  )
  return gone.length + events.length
}

/** What goes by its age alone: the rows to look at, and how the old ones among them are deleted. */
const AGING = {
  identities: {
    look: 'SELECT event AS seq, accepted_at FROM identities WHERE event > ? ORDER BY event LIMIT ?',
    // An identity lives as long as its event, at the least: the event is found by it.
    remove: `DELETE FROM identities
      WHERE event > ? AND event <= ? AND accepted_at < ? AND event < (SELECT max(event) FROM identities)
        AND NOT EXISTS (SELECT 1 FROM events WHERE seq = identities.event)`,
  },
  audit: {
    look: 'SELECT seq, at AS accepted_at FROM audit WHERE seq > ? ORDER BY seq LIMIT ?',
    remove: 'DELETE FROM audit WHERE seq > ? AND seq <= ? AND at < ?',
  },
}

function pruneAging(
  db: TallyingDriver,
  { from, limit }: StagedPrune,
  table: keyof typeof AGING,
  before: number,
): PruneStep {
  const looked = db.rows(AGING[table].look, from.after, limit)
  const last = looked.at(-1)
  if (!last || !hasOld(db, table, looked, before)) return { count: 0, next: stageAfter(table) }
  const after = Number(last.seq)
  db.run(AGING[table].remove, from.after, after, before)
  return { count: 0, next: { stage: table, after } }
}

function stageAfter(table: keyof typeof AGING): PruneStage {
  return { stage: table === 'identities' ? 'audit' : 'pages', after: 0 }
}

/** So many pages a step, which takes some 5 ms; a tenth of the file stays free for what comes next. */
const PAGES = 400
const FREE_SHARE = 0.1

function giveBackPages(file: SqliteFile | undefined, given: number): PruneStep {
  if (file && file.freeShare() > FREE_SHARE) {
    file.shrink(PAGES)
    return { count: 0, next: { stage: 'pages', after: given + PAGES } }
  }
  if (given > 0) file?.foldLog()
  return { count: 0, next: null }
}
