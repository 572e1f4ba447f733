/**
 * What the gateways over one store know of their sinks together. Each method is one atomic statement. Times are Unix
 * milliseconds by the clock of whoever asks. `mark` tells a sink's options from others that it has elsewhere, or had:
 * each has a breaker, which is forgotten when others are told of and nothing of it has been for an hour.
 */
export interface SharedLanes {
  /** All that are not at rest. */
  breakers(): Promise<readonly MarkedBreaker[]>
  /** Gives the breaker as it is after it; a report on what it is no more changes nothing. */
  report(report: BreakerReport & SinkKey): Promise<SharedBreaker>
  /** Asks for leave to send one delivery, where a breaker's cooldown is over. */
  try(query: TryQuery & SinkKey): Promise<TryAnswer>
  /** Reserves times for requests, at least an interval from each that anyone was given. */
  slots(query: SlotQuery & Pick<SinkKey, 'sink'>): Promise<Slots>
}

export interface SinkKey {
  readonly sink: string
  readonly mark: string
}

export interface SharedBreaker {
  /** In a row, over all gateways; 0 while it is open. */
  readonly failures: number
  /** Null while it is closed. From then on one delivery may try. */
  readonly openUntil: number | null
  /** Until when the one that tries has leave: it may have died with its gateway. */
  readonly tryingUntil: number | null
}

export type MarkedBreaker = SharedBreaker & SinkKey

/** What requests came to, in the order that matters: a success, then failures in a row. Neither: a try came to nothing. */
export interface BreakerReport {
  readonly succeeded: boolean
  readonly failures: number
  /** Of the breaker when the requests were made: `openUntil`. */
  readonly seen: number | null
  /** So many failures in a row open it, for this long. */
  readonly limit: number
  readonly cooldownMs: number
  readonly now: number
}

export interface TryQuery {
  readonly seen: number | null
  readonly cooldownMs: number
  /** How long the leave lasts. */
  readonly tryMs: number
  readonly now: number
}

export type TryAnswer = SharedBreaker & { readonly granted: boolean }

export interface SlotQuery {
  readonly intervalMs: number
  readonly want: number
  /** Nothing later is reserved. */
  readonly until: number
  /** Nor anything earlier: when the answer should be there. */
  readonly now: number
}

/** `count` times, the first at `first`, the others at intervals. */
export interface Slots {
  readonly first: number
  readonly count: number
  /** The first that nobody has. */
  readonly nextAt: number
}

export const atRest: SharedBreaker = { failures: 0, openUntil: null, tryingUntil: null }

/** By how much the clocks of gateways may differ. What lies further ahead than that was left by a clock set back. */
export const CLOCKS_MS = 10_000

/** How long an answer is waited for. Slots are reserved as far ahead at most, and the clocks differ on top of that. */
export const ANSWER_MS = 5000

export function keyText({ sink, mark }: SinkKey): string {
  return JSON.stringify([sink, mark])
}

/** Whether a time that is at most `lengthMs` ahead by some gateway's clock is still to come. */
export function isAhead(time: number | null, lengthMs: number, now: number): time is number {
  return time !== null && now < time && time <= now + lengthMs + CLOCKS_MS
}

/** What a report makes of a breaker. */
export function afterReport(state: SharedBreaker, report: BreakerReport): SharedBreaker {
  const { succeeded, failures, seen, limit, cooldownMs, now } = report
  if (state.openUntil !== seen) return state
  const inARow = (succeeded ? 0 : state.failures) + failures
  const opens = seen === null ? inARow >= limit : failures > 0
  if (opens) return { failures: 0, openUntil: now + cooldownMs, tryingUntil: null }
  if (seen === null) return { ...state, failures: inARow }
  return succeeded ? atRest : { ...state, tryingUntil: null }
}

export function afterTry(state: SharedBreaker, query: TryQuery): TryAnswer {
  const { seen, cooldownMs, tryMs, now } = query
  const isOpen = state.openUntil !== null && state.openUntil === seen
  const isTime = !isAhead(state.openUntil, cooldownMs, now)
  const granted = isOpen && isTime && !isAhead(state.tryingUntil, tryMs, now)
  return { ...state, granted, ...(granted && { tryingUntil: now + tryMs }) }
}
