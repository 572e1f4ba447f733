import type { Progress, PruneQuery } from '../../core/ledger.ts'
import { cursorAtStage, type Stage, stageOf } from '../stages.ts'
import type { Query } from './connection.ts'

const STAGES = ['spans', 'kept', 'open', 'identities', 'audit'] as const

type Name = (typeof STAGES)[number]

/** One step, and past stages in which there is nothing to do. Where others prune at the moment, they go on alone. */
export async function prune(query: Query, asked: PruneQuery): Promise<Progress> {
  let at: Stage<Name> | null = stageOf(STAGES, asked.cursor)
  while (at !== null) {
    const { busy, count, next } = await step(query, asked, at)
    if (busy) return { count: 0, next: null }
    const { stage }: Stage<Name> = at
    at = next === null ? stageAfter(stage) : { stage, after: next }
    if (count > 0 || next !== null) return { count, next: cursorAtStage(at) }
  }
  return { count: 0, next: null }
}

function stageAfter(name: Name): Stage<Name> | null {
  const stage = STAGES[STAGES.indexOf(name) + 1]
  return stage === undefined ? null : { stage, after: 0 }
}

async function step(query: Query, asked: PruneQuery, { stage, after }: Stage<Name>) {
  const { limit, deliveredBefore, deadBefore, identitiesBefore, auditBefore } = asked
  const times = [deliveredBefore, deadBefore, identitiesBefore, auditBefore].map(Math.ceil)
  const [row] = await query('SELECT * FROM lark_fanout.prune($1, $2, $3, $4, $5, $6, $7)', [
    stage,
    after,
    limit,
    ...times,
  ])
  const next = row?.next ?? null
  return {
    busy: row?.busy === true,
    count: Number(row?.count),
    next: next === null ? null : Number(next),
  }
}
