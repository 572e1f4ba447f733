import {
  afterReport,
  afterTry,
  atRest,
  CLOCKS_MS,
  keyText,
  type MarkedBreaker,
  type SharedBreaker,
  type SharedLanes,
  type SinkKey,
  type SlotQuery,
  type Slots,
} from '../../../src/core/lane/shared.ts'

const MARK_MS = 3_600_000

/** What gateways in one process know of their sinks together: in a few words what every store's lanes do. */
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

/** What nobody has: all from `next` on, and what one who is far away has skipped before it. */
interface FreeSlots {
  readonly next: number
  readonly skipped: { readonly from: number; readonly until: number }
}

/**
 * `free` is null where nobody ever had any. Gives at most half of those that are left, so that whoever asks next gets
 * some too.
 */
function slotsFrom(
  free: FreeSlots | null,
  { now, intervalMs, want, until }: SlotQuery,
): { readonly slots: Slots; readonly free: FreeSlots } {
  const isSane = free === null || free.next <= until + intervalMs + CLOCKS_MS
  const next = isSane ? (free?.next ?? now) : now + intervalMs
  const skipped = isSane && free ? free.skipped : { from: next, until: next }
  const isSkipped = Math.max(now, skipped.from) <= skipped.until - intervalMs
  const first = Math.max(now, isSkipped ? skipped.from : next)
  const last = isSkipped ? Math.min(until, skipped.until - intervalMs) : until
  const left = first > last ? 0 : Math.floor((last - first) / intervalMs) + 1
  const count = Math.min(want, Math.ceil(left / 2))
  const nextAt = first + count * intervalMs
  const slots = { first, count, nextAt }
  if (isSkipped) return { slots, free: { next, skipped: { ...skipped, from: nextAt } } }
  const skips = first - next >= intervalMs
  return { slots, free: { next: nextAt, skipped: skips ? { from: next, until: first } : skipped } }
}
