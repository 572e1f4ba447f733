import type { ExplainedRoute, Explanation } from '../../core/explanation.ts'
import type { EventHistory } from '../../core/ledger.ts'
import { isOwn } from '../../core/own-events.ts'
import type { Plan } from '../../core/plan.ts'
import type { DeliveryView } from './deliveries.ts'

/** What one sink has of the event. */
export interface Outcome {
  readonly sink: string
  readonly isConfigured: boolean
  /** The latest one; undefined where the sink was never owed the event. */
  readonly delivery: DeliveryView | undefined
  /** Those of the routes of now that lead there. */
  readonly routes: readonly ExplainedRoute[]
  /** Whether by these it would be owed, if it is an event that routes are for. */
  readonly wouldBeOwed: boolean
  /** Whether that is not what came of it. */
  readonly isOtherNow: boolean
}

/** What every sink has of it, those of routes.yaml and all others that were owed it; those that were owed it first. */
export function outcomesOf(
  { sinks: configured }: Plan,
  { event, problems }: EventHistory,
  deliveries: readonly DeliveryView[],
  explanation: Explanation,
): readonly Outcome[] {
  const names = new Set([...deliveries.map(({ sink }) => sink), ...configured.keys()])
  const isPlain = problems.length === 0 && !isOwn(event)
  return [...names].map((sink) => {
    const delivery = deliveries.findLast((one) => one.sink === sink)
    const routes = explanation.routes.filter(({ to }) => to.includes(sink))
    const wouldBeOwed = isPlain && routes.some(({ matches }) => matches)
    const isOtherNow = isPlain && wouldBeOwed === (delivery === undefined)
    return { sink, isConfigured: configured.has(sink), delivery, routes, wouldBeOwed, isOtherNow }
  })
}
