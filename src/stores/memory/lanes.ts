import {
  afterReport,
  afterTry,
  atRest,
  type FreeSlots,
  keyText,
  type MarkedBreaker,
  type SharedBreaker,
  type SharedLanes,
  type SinkKey,
  slotsFrom,
} from '../../core/lane/shared.ts'

const MARK_MS = 3_600_000

/** What gateways in one process know of their sinks together. */
export function memoryLanes(): SharedLanes {
  const breakers = new Map<string, MarkedBreaker & { readonly toldAt: number }>()
  const left = new Map<string, FreeSlots>()

  const of = (key: SinkKey): SharedBreaker => breakers.get(keyText(key)) ?? atRest

  function keep({ sink, mark }: SinkKey, state: SharedBreaker, toldAt: number): void {
    const { failures, openUntil, tryingUntil } = state
    const kept = { sink, mark, failures, openUntil, tryingUntil, toldAt }
    breakers.set(keyText(kept), kept)
  }

  return {
    async breakers() {
      return [...breakers.values()]
        .filter((one) => one.failures > 0 || one.openUntil !== null)
        .map(({ toldAt: _, ...breaker }) => breaker)
    },
    async report(report) {
      const before = of(report)
      const after = afterReport(before, report)
      if (after === before) return after
      keep(report, after, report.now)
      for (const [key, { sink, toldAt }] of breakers) {
        if (sink === report.sink && toldAt < report.now - MARK_MS) breakers.delete(key)
      }
      return after
    },
    async try(query) {
      const before = of(query)
      const { granted, ...after } = afterTry(before, query)
      if (granted) keep(query, after, query.now)
      return { ...after, granted }
    },
    async slots(query) {
      const { slots, free } = slotsFrom(left.get(query.sink) ?? null, query)
      left.set(query.sink, free)
      return slots
    },
  }
}
