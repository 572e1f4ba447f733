import { durationOf, type Minute, type SinkMinute } from '../../core/recent.ts'

/** What a sink did in the last hour, minute by minute, the oldest first. */
export interface SinkHour {
  readonly delivered: readonly number[]
  readonly failed: readonly number[]
  /** Null where nobody looked. */
  readonly owed: readonly (number | null)[]
  /** Attempts that ended, each minute's; undefined where there were none. */
  readonly attempts: readonly (SinkMinute | undefined)[]
}

export function hourOf(minutes: readonly Minute[], name: string): SinkHour {
  const attempts = minutes.map(({ sinks }) => sinks.get(name))
  return {
    attempts,
    delivered: attempts.map((one) => one?.delivered ?? 0),
    failed: attempts.map((one) => (one ? one.failed + one.dead : 0)),
    owed: minutes.map(({ owed }) => (owed ? (owed.get(name)?.pending ?? 0) : null)),
  }
}

/** By when this share of each minute's attempts had ended, in milliseconds; null without any. */
export function durations({ attempts }: SinkHour, share: number): readonly (number | null)[] {
  return attempts.map((one) => (one ? durationIn([one], share) : null))
}

/** The same of the whole hour. */
export function durationInHour({ attempts }: SinkHour, share: number): number | null {
  return durationIn(
    attempts.filter((one) => one !== undefined),
    share,
  )
}

/** What is longer than the longest bound: for a curve, it has an end. */
const LONGEST_MS = 60_000

function durationIn(attempts: readonly SinkMinute[], share: number): number | null {
  const duration = durationOf(attempts, share)
  return duration === null ? null : Math.min(duration, LONGEST_MS)
}

export function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0)
}
