import type { Context } from 'hono'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Operator } from '../../core/operations/operation.ts'
import type { Plan } from '../../core/plan.ts'
import type { Runtime } from '../../core/runtime.ts'
import { badRequest } from './fields.ts'

/** What the API needs of the gateway. */
export interface ApiContext {
  readonly ledger: Ledger
  readonly runtime: Pick<Runtime, 'now' | 'log' | 'crypto'>
  plan(): Plan
  /** One a sink of the plan, as it is now. */
  status(): readonly LaneStatus[]
  /** What the store holds was changed: the gateway looks at once. */
  wake(): void
}

const ACTOR_PATTERN = /^[\x20-\x7e]{0,100}$/

/**
 * Whoever asks, for an operation and its entry in the audit. All who know the token are trusted to give their name.
 * Throws RejectedError 400 where the audit cannot take it.
 */
export function operatorOf(c: Context, { ledger, runtime }: ApiContext): Operator {
  const name = c.req.header('x-actor') ?? ''
  if (ACTOR_PATTERN.test(name)) {
    return { ledger, now: runtime.now, actor: name === '' ? 'api' : `api ${name}` }
  }
  const message = 'must be printable ASCII characters, at most 100: shorten the name'
  throw badRequest([{ path: 'X-Actor', message }])
}
