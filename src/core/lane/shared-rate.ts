import { HELD_MS } from './capacity.ts'
import { CLOSE_MS, type Rate } from './rate.ts'
import { ANSWER_MS, CLOCKS_MS, type SlotQuery, type Slots } from './shared.ts'

/** Slots are asked for so long before the first that is free: the answer is there while others are still being used. */
const AHEAD_MS = HELD_MS / 2

/** How a rate reaches those of other gateways, and its lane. */
interface RateLink {
  now(): number
  /** Undefined where the others cannot be asked: then there is nothing for a while. */
  ask(query: SlotQuery): Promise<Slots | undefined>
  /** Others have answered: something may be started now. */
  pump(): void
}

/** A rate that all gateways keep together: a request is made at a time that was reserved for it, and never without. */
export function createSharedRate(perSecond: number, link: RateLink): Rate {
  const intervalMs = 1000 / perSecond
  const reserved = createReserved(intervalMs)
  /** The first slot that nobody has; null where that is not known. */
  let free: number | null = null
  let isAsking = false
  /** How long the last answer took. */
  let tripMs = 0

  function askAt(now: number): number {
    // That far ahead it was before the clock was set back.
    if (free !== null && free > now + HELD_MS + intervalMs + CLOCKS_MS) free = null
    return free === null ? now : free - AHEAD_MS
  }

  async function reserve(want: number, askedAt: number): Promise<void> {
    isAsking = true
    // What has passed when the answer is there would be lost: to this gateway, and to all.
    const from = askedAt + tripMs
    const slots = await link.ask({ intervalMs, want, until: from + HELD_MS, now: from })
    const now = link.now()
    if (slots) {
      reserved.add(slots)
      tripMs = Math.min(Math.max(0, now - askedAt), ANSWER_MS)
    }
    free = slots?.nextAt ?? now + HELD_MS
    isAsking = false
    link.pump()
  }

  return {
    nextAt(now) {
      const first = reserved.first(now)
      // What it was reserved for is kept for it, also where the answer came sooner than was thought.
      if (first !== undefined) return Math.min(first, now + HELD_MS)
      // When to ask for one; an answer that is under way is heard anyway.
      const wakeAt = askAt(now)
      return wakeAt > now ? wakeAt : now + HELD_MS
    },
    spend: (now) => reserved.spend(now),
    slots(now, withinMs) {
      const leftMs = withinMs - Math.max(0, (free ?? now) - now)
      return reserved.count(now) + (leftMs < 0 ? 0 : Math.floor(leftMs / intervalMs) + 1)
    },
    want(count, now) {
      const want = count - reserved.count(now)
      if (want > 0 && !isAsking && askAt(now) <= now) void reserve(want, now)
    },
    memory: null,
  }
}

/** The slots that were given to this gateway, and not spent. */
function createReserved(intervalMs: number) {
  /** A slot that is missed by more is lost, or those that a slow host has missed would all be used at once. */
  const lateMs = Math.max(CLOSE_MS, Math.min(intervalMs, HELD_MS))
  /** In their order, and none without any. */
  let ranges: { next: number; left: number }[] = []

  function drop(now: number): void {
    const [range] = ranges
    // So far ahead it was given before the clock was set back.
    if (range && range.next > now + HELD_MS + ANSWER_MS + lateMs) ranges = []
    while (ranges[0] && ranges[0].next + lateMs < now) use()
  }

  function use(): void {
    const [range] = ranges
    if (!range) return
    range.next += intervalMs
    range.left--
    if (range.left === 0) ranges.shift()
  }

  return {
    add({ first, count }: Slots) {
      if (count > 0) ranges.push({ next: first, left: count })
      // What others have skipped may come late.
      ranges.sort((one, other) => one.next - other.next)
    },
    first(now: number): number | undefined {
      drop(now)
      return ranges[0]?.next
    },
    count(now: number): number {
      drop(now)
      return ranges.reduce((sum, { left }) => sum + left, 0)
    },
    spend(now: number) {
      drop(now)
      use()
    },
  }
}
