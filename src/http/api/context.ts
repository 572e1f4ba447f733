import type { Context } from 'hono'
import type { JsonObject } from '../../core/event.ts'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Operator } from '../../core/operations/operation.ts'
import type { Plan } from '../../core/plan.ts'
import type { SourceEvent } from '../../core/plugin.ts'
import type { Runtime } from '../../core/runtime.ts'
import type { Live } from '../live/live.ts'
import type { Ending } from './ending.ts'
import { badRequest } from './fields.ts'

/** What the API needs of the gateway. */
export interface ApiContext extends Pick<Ending, 'ending'> {
  readonly ledger: Ledger
  readonly runtime: Pick<Runtime, 'now' | 'log' | 'crypto'>
  plan(): Plan
  /** One a sink of the plan, as it is now. */
  status(): readonly LaneStatus[]
  /** What happens now. */
  readonly live: Live
  /** An event as people hand it over: a callback, or its `event` object alone. `problems` are those of its envelope. */
  readPasted(value: JsonObject): PastedEvent
  /** What the store holds was changed: the gateway looks at once. */
  wake(): void
}

interface PastedEvent {
  readonly event: SourceEvent
  readonly problems: readonly string[]
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
