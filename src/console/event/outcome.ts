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
  /** Of the routes of now that lead there, those that match; where none does, all of them. */
  readonly routes: readonly PlacedRoute[]
  /** What the routes of now would make of it, where that is not what came of it. */
  readonly now: 'owed' | 'not owed' | undefined
  /** What an admin can do about it. */
  readonly remedy: 'retry' | 'send' | 'again' | undefined
}

/** With its place in the order of the file. */
export interface PlacedRoute extends ExplainedRoute {
  readonly at: number
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
  const placed = explanation.routes.map((route, at) => ({ ...route, at }))
  return [...names].map((sink) => {
    const delivery = deliveries.findLast((one) => one.sink === sink)
    const own = placed.filter(({ to }) => to.includes(sink))
    const matching = own.filter(({ matches }) => matches)
    const isOwed = isPlain && matching.length > 0
    const isOther = isPlain && isOwed === (delivery === undefined)
    return {
      ...{ sink, isConfigured: configured.has(sink), delivery },
      routes: matching.length > 0 ? matching : own,
      now: isOther ? (isOwed ? 'owed' : 'not owed') : undefined,
      remedy: remedyOf(delivery, isOwed),
    }
  })
}

function remedyOf(delivery: DeliveryView | undefined, isOwed: boolean): Outcome['remedy'] {
  if (delivery?.state === 'dead') return 'retry'
  if (delivery?.state === 'pending' || !isOwed) return undefined
  return delivery ? 'again' : 'send'
}

/** More than these are not read one by one. */
export const MOST_SINKS = 12

/**
 * The one that was asked for first. Where there are many, those that were not owed it, and would not be now, are folded, by
 * their names.
 */
export function arranged(outcomes: readonly Outcome[], asked: string | undefined) {
  const isPlain = ({ delivery, now }: Outcome) => !delivery && !now
  const first = outcomes.filter(({ sink }) => sink === asked)
  const others = outcomes.filter(({ sink }) => sink !== asked)
  const told = [...first, ...others.filter((one) => !isPlain(one))]
  if (told.length === 0 || outcomes.length <= MOST_SINKS) {
    return { told: [...first, ...others], folded: [] }
  }
  const folded = others.filter(isPlain).sort((a, b) => (a.sink < b.sink ? -1 : 1))
  return { told, folded }
}
