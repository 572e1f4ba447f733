import type { PausedBy } from '../pauses.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** How a sink's lane is doing, for people to read. */
export interface LaneStatus {
  readonly sink: string
  /** Who keeps it from being sent anything; empty when nobody does. */
  readonly pausedBy: readonly PausedBy[]
  readonly breaker: BreakerState
  /** Until when an open one lets nothing pass, in Unix milliseconds; null of one that is not open. */
  readonly breakerUntil: number | null
  /** What the sink's plug says of itself. */
  readonly ready: boolean
  /** Deliveries under way. */
  readonly inFlight: number
  /** Attempts that ended in the last minute. */
  readonly deliveredPerMinute: number
  readonly failedPerMinute: number
}
