import type { DeliveryFailure } from '../errors.ts'
import type { BreakerPolicy } from '../plan.ts'
import { type LaneMemory, noMemory } from './memory.ts'
import type { SharedBreaker } from './shared.ts'
import type { BreakerState } from './status.ts'

/**
 * Leaves a receiver alone that keeps failing. Closed: all may be sent. Open: nothing is, until the cooldown is over.
 * Half-open then: one delivery tries, and closes it or opens it again. Times in Unix milliseconds.
 */
export interface Breaker {
  state(now: number): BreakerState
  /** Whether one more delivery may be started. */
  admits(now: number): boolean
  /** When an open one admits the next delivery. */
  readonly retryAt: number
  /**
   * Takes leave to start one, which is always there for one that is admitted. But one that is shared may have to ask the
   * others: false, and the lane is pumped when they have answered.
   */
  take(): boolean
  /** A delivery is started. Its ticket goes with what its requests come to. */
  start(): Ticket
  failed(ticket: Ticket, failure: DeliveryFailure, now: number): void
  succeeded(ticket: Ticket): void
  /** Whether the breaker is still as it was when the delivery started. */
  isCurrent(ticket: Ticket): boolean
  /** To begin another breaker with. */
  readonly memory: BreakerMemory
  /** To be called before the gateways' common word is asked for, and the result with that word. */
  listen(): (state: SharedBreaker) => void
}

type BreakerMemory = Pick<LaneMemory, 'failures' | 'openUntil'>

/** What began before the breaker last changed says nothing about the receiver as it is now. */
export type Ticket = number

/** `changed` hears of every opening and closing. */
export function createBreaker(
  { failures, cooldownMs }: BreakerPolicy,
  changed: (state: 'open' | 'closed') => void,
  remembered: BreakerMemory = noMemory,
): Breaker {
  let era: Ticket = 0
  let inARow = remembered.failures
  let retryAt = remembered.openUntil ?? Number.NEGATIVE_INFINITY
  let isClosed = remembered.openUntil === null
  let isTrying = false

  function change(closed: boolean, until: number): void {
    era++
    inARow = 0
    isClosed = closed
    isTrying = false
    retryAt = until
    changed(closed ? 'closed' : 'open')
  }

  /** A clock that was set back to before the opening ends it, too. */
  function isCooling(now: number): boolean {
    return !isClosed && now < retryAt && now >= retryAt - cooldownMs
  }

  return {
    state: (now) => (isClosed ? 'closed' : isCooling(now) ? 'open' : 'half-open'),
    admits: (now) => isClosed || (!isCooling(now) && !isTrying),
    get retryAt() {
      return retryAt
    },
    take: () => true,
    start() {
      isTrying = !isClosed
      return era
    },
    failed(ticket, failure, now) {
      if (ticket !== era) return
      if (failure.returned) {
        // Whether the receiver works is not known: the next one tries.
        isTrying = false
        return
      }
      inARow = isOutage(failure) ? inARow + 1 : 0
      if (isClosed ? inARow >= failures : inARow > 0) change(false, now + cooldownMs)
      else if (!isClosed) change(true, Number.NEGATIVE_INFINITY)
    },
    succeeded(ticket) {
      if (ticket !== era) return
      inARow = 0
      if (!isClosed) change(true, Number.NEGATIVE_INFINITY)
    },
    isCurrent: (ticket) => ticket === era,
    get memory() {
      return { failures: inARow, openUntil: isClosed ? null : retryAt }
    },
    listen: () => () => {},
  }
}

/** A receiver that refuses one event is up; one that is down fails them all. */
export function isOutage({ transient, unreachable, status = 0 }: DeliveryFailure): boolean {
  return transient === true || unreachable === true || status >= 500
}
