import type { Event } from './event.ts'
import type { Routing } from './plan.ts'
import type { ReasonWords } from './reason-words.ts'

/** What would become of an event, and why. No secret is shown. */
export interface Explanation {
  readonly type: string
  readonly id: string
  /** Why it would be quarantined; empty when it would not. */
  readonly problems: readonly string[]
  /** All routes, in the order of the file. */
  readonly routes: readonly ExplainedRoute[]
  /** The sinks that it would be owed to, each once, in the order of the file. */
  readonly sinks: readonly string[]
}

export interface ExplainedRoute {
  readonly name: string
  readonly matches: boolean
  /** The first condition that failed; null when it matches. */
  readonly why: string | null
  readonly to: readonly string[]
}

/** `problems` are all that is wrong with it, `shown` is what people may see of it. One whose `via` is empty may come by any source. */
export function explainEvent(
  routing: Pick<Routing, 'explain'>,
  event: Event,
  problems: readonly string[],
  shown = event,
  words?: ReasonWords,
): Explanation {
  const routes = routing.explain(event, shown, words).map(({ route, to, why }) => {
    return { name: route, matches: why === undefined, why: why ?? null, to }
  })
  const owed = problems.length > 0 ? [] : routes.filter(({ matches }) => matches)
  const sinks = [...new Set(owed.flatMap(({ to }) => to))]
  return { type: event.type, id: event.id, problems, routes, sinks }
}
