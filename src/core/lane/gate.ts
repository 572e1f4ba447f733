import type { ClaimedDelivery } from '../outbox.ts'
import { capacityOf, HELD_CHARS, HELD_MS } from './capacity.ts'
import { isReady } from './guard.ts'
import type { LaneState } from './state.ts'
import type { LaneStatus } from './status.ts'

/** Whether the sink may be sent anything now; what keeps it from that spends no attempt. */
export function isOpen(lane: LaneState): boolean {
  const { live, breaker, context } = lane
  return !lane.closing && !isPaused(lane) && breaker.admits(context.runtime.now()) && isReady(live)
}

/** Also where it is not known yet whether it is. */
export function isPaused({ live, context }: LaneState): boolean {
  return context.pauses.of(live)?.length !== 0
}

/** Whether the delivery that waits longest may be started now. */
export function mayStart(lane: LaneState, next: ClaimedDelivery): boolean {
  const { running, rate, live, context } = lane
  const now = context.runtime.now()
  const [first] = running.values()
  const isAlone = isDoubtful(next) || (first !== undefined && isDoubtful(first))
  const atOnce = isAlone ? 1 : live.settings.concurrency
  return running.size < atOnce && rate.nextAt(now) <= now && isOpen(lane)
}

/**
 * What may be ending its receiver runs alone, so that no other ends with it. Three times in a row are rarely chance; and
 * where a gateway was killed as often, all that it held goes one at a time, once: a round trip each.
 */
const DOUBTFUL = 3

function isDoubtful({ cutShort }: ClaimedDelivery): boolean {
  return cutShort >= DOUBTFUL
}

/** How many more the lane may hold: as many as it can start soon. */
export function room(lane: LaneState): number {
  return places(lane).free
}

/** Not for every place that is free: a claim costs as much for one as for many. */
export function mayClaim(lane: LaneState): boolean {
  if (!lane.more || lane.claiming || !isOpen(lane)) return false
  const { all, free } = places(lane)
  return free * 2 >= Math.max(1, all) && !isHeavy(lane)
}

function places(lane: LaneState): { readonly all: number; readonly free: number } {
  const { live, attemptMs, breaker, rate, context, running, settler, waiting, reserved } = lane
  const now = context.runtime.now()
  const isClosed = breaker.state(now) === 'closed'
  const capacity = isClosed ? Math.floor(capacityOf(live.settings.concurrency, attemptMs)) : 1
  const slots = rate.slots(now, HELD_MS)
  const all = Math.min(capacity, slots)
  // While the store cannot be told how they end, what a lane is given in addition may all be sent twice.
  if (settler.isBehind) return { all, free: 0 }
  const held = running.size + settler.unsettled
  return { all, free: Math.min(capacity - held, slots) - waiting.size - reserved }
}

/** How many of those that wait find a place within `HELD_MS`: a slot for more would be lost. */
export function startsSoon({ live, running, waiting, attemptMs }: LaneState): number {
  const { concurrency } = live.settings
  const free = concurrency - running.size
  if (attemptMs >= HELD_MS) return Math.min(waiting.size, free)
  const lasting = Math.floor((concurrency * HELD_MS) / Math.max(attemptMs, 1))
  return Math.min(waiting.size, Math.max(free, lasting))
}

/** Whether the lane holds so much text that it takes no more. */
export function isHeavy(lane: LaneState): boolean {
  return charsLeft(lane) <= 0
}

/** How much more text the lane may hold. Counted when asked: 512 held take 1.4 µs. */
export function charsLeft({ running, waiting, context }: LaneState): number {
  let chars = 0
  for (const { event } of running.values()) chars += event.raw.length
  for (const { event } of waiting.values()) chars += event.raw.length
  return (context.heldChars ?? HELD_CHARS) - chars
}

export function statusOf(lane: LaneState): LaneStatus {
  const { live, context, breaker, running, delivered, failed } = lane
  const now = context.runtime.now()
  return {
    sink: live.name,
    pausedBy: context.pauses.of(live) ?? [],
    breaker: breaker.state(now),
    breakerUntil: breaker.state(now) === 'open' ? breaker.retryAt : null,
    ready: isReady(live),
    inFlight: running.size,
    deliveredPerMinute: delivered.count(now),
    failedPerMinute: failed.count(now),
  }
}
