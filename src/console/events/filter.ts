import type { EventFilter } from '../../core/event-filter.ts'
import { mustBeTime, timeParam } from '../parts/time-field.ts'
import { param, type Visit } from '../visit.ts'

/** What the address asks for: the same of the list and of its live tail. Throws RejectedError 400. */
export function filterOf(visit: Pick<Visit, 'c'>): EventFilter {
  const state = param(visit, 'state')
  return {
    q: param(visit, 'q')?.trim() || undefined,
    type: param(visit, 'type'),
    source: param(visit, 'source'),
    state: state === 'accepted' || state === 'quarantined' ? state : undefined,
    since: timeParam(mustBeTime('since', param(visit, 'since'))),
    until: timeParam(mustBeTime('until', param(visit, 'until'))),
  }
}
