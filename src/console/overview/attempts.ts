import type { Minute, SinkMinute } from '../../core/recent.ts'

/** Those of all sinks. */
export function attemptsOf(minutes: readonly Minute[]): readonly SinkMinute[] {
  return minutes.flatMap(({ sinks }) => [...sinks.values()])
}

export function total(
  attempts: readonly SinkMinute[],
  of: 'delivered' | 'failed' | 'dead',
): number {
  return attempts.reduce((sum, one) => sum + one[of], 0)
}
