import type { Ledger, PruneQuery } from '../../core/ledger.ts'
import type { Log } from '../../core/runtime.ts'
import { cursorAtStage, type Stage, stageOf } from '../stages.ts'
import type { Query } from './connection.ts'

/** The last fills in what an older version has left out: it is no pruning, but as little by little. */
const STAGES = ['spans', 'kept', 'open', 'identities', 'audit', 'instances'] as const

type Name = (typeof STAGES)[number]

/** What is kept may be much: after so many steps through it the spans come first again. */
const KEPT_STEPS = 100

interface Step {
  /** Others prune at the moment. */
  readonly busy: boolean
  readonly count: number
  readonly next: number | null
}

/**
 * One step, and past stages in which there is nothing to do. Where others prune at the moment, they go on alone. A
 * stage that fails stops no other: what the first of them threw is thrown at the end. Before each step the numbers go
 * on, if it is time to: where there are none left, nothing is accepted.
 */
export function postgresPruning(query: Query, log: Log): Ledger['prune'] {
  let failure: unknown
  const follow = createFollow()
  const tellFilling = createFillingLog(log)

  async function attempt(asked: PruneQuery, name: Name | 'extend', after: number) {
    try {
      const done = await step(query, asked, name, after)
      if (name === 'instances' && !done.busy) tellFilling(done.next !== null)
      return done
    } catch (error) {
      failure ??= error
      return null
    }
  }

  return async (asked) => {
    const begun = stageOf(STAGES, asked.cursor)
    const extended = await attempt(asked, 'extend', 0)
    let at: Stage<Name> | null = extended?.busy ? null : begun
    let count = 0
    while (at !== null) {
      const done: Step | null = await attempt(asked, at.stage, at.after)
      count = done?.count ?? 0
      at = done?.busy ? null : follow(at, done?.next ?? null)
      if (at !== null && (done === null || count > 0 || done.next !== null))
        return { count, next: cursorAtStage(at) }
    }
    const failed = failure
    failure = undefined
    if (failed) throw failed
    return { count, next: null }
  }
}

/** What takes long, and much of the disk, is told of when it begins and ends. */
function createFillingLog(log: Log): (isOn: boolean) => void {
  let wasOn = false
  return (isOn) => {
    if (isOn && !wasOn) log.info({}, FILLING)
    if (!isOn && wasOn) log.info({}, 'all stored events can be found by their instance_code')
    wasOn = isOn
  }
}

const FILLING =
  'filling in the instance_code of the events that were stored before it was kept, little by little'

/** Where it goes on after a stage that ended, or goes on at `next`. */
function createFollow() {
  let keptFrom = 0
  let keptSteps = 0
  return ({ stage }: Stage<Name>, next: number | null): Stage<Name> | null => {
    if (stage === 'kept') {
      keptFrom = next ?? 0
      keptSteps = next === null ? 0 : keptSteps + 1
      if (keptSteps > 0 && keptSteps % KEPT_STEPS === 0) return { stage: STAGES[0], after: 0 }
    }
    if (next !== null) return { stage, after: next }
    const later = STAGES[STAGES.indexOf(stage) + 1]
    return later === undefined ? null : { stage: later, after: later === 'kept' ? keptFrom : 0 }
  }
}

async function step(
  query: Query,
  asked: PruneQuery,
  name: Name | 'extend',
  after: number,
): Promise<Step> {
  const { limit, deliveredBefore, deadBefore, identitiesBefore, auditBefore } = asked
  const times = [deliveredBefore, deadBefore, identitiesBefore, auditBefore].map(Math.ceil)
  const [row] =
    name === 'instances'
      ? await query('SELECT * FROM lark_fanout.fill_instances($1)', [limit])
      : await query('SELECT * FROM lark_fanout.prune($1, $2, $3, $4, $5, $6, $7)', [
          name,
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
