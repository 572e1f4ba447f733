import {
  afterReport,
  afterTry,
  atRest,
  type MarkedBreaker,
  type SharedLanes,
  type SinkKey,
  slotsFrom,
} from '../../core/lane/shared.ts'

/** What gateways in one process know of their sinks together. */
export function memoryLanes(): SharedLanes {
  const breakers = new Map<string, MarkedBreaker>()
  const free = new Map<string, number>()

  function of({ sink, mark }: SinkKey): MarkedBreaker {
    const known = breakers.get(sink)
    return known?.mark === mark ? known : { ...atRest, sink, mark }
  }

  return {
    async breakers() {
      return [...breakers.values()].filter((one) => one.failures > 0 || one.openUntil !== null)
    },
    async report(report) {
      const before = of(report)
      const after = afterReport(before, report)
      if (after !== before) breakers.set(report.sink, { ...before, ...after })
      return after
    },
    async try(query) {
      const before = of(query)
      const { granted, ...after } = afterTry(before, query)
      if (granted) breakers.set(query.sink, { ...before, ...after })
      return { ...after, granted }
    },
    async slots(query) {
      const slots = slotsFrom(free.get(query.sink) ?? null, query)
      free.set(query.sink, slots.nextAt)
      return slots
    },
  }
}
