import { capacityOf, HELD_MS } from './capacity.ts'
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

/** Whether a delivery that waits may be started now. */
export function mayStart(lane: LaneState): boolean {
  const { running, rate, live, context } = lane
  const now = context.runtime.now()
  return running.size < live.settings.concurrency && rate.nextAt(now) <= now && isOpen(lane)
}

/** How many more the lane may hold: as many as it can start soon. */
export function room(lane: LaneState): number {
  return places(lane).free
}

/** Not for every place that is free: a claim costs as much for one as for many. */
export function mayClaim(lane: LaneState): boolean {
  if (!lane.more || lane.claiming || !isOpen(lane)) return false
  const { all, free } = places(lane)
  return free * 2 >= Math.max(1, all)
}

function places(lane: LaneState): { readonly all: number; readonly free: number } {
  const { live, attemptMs, breaker, rate, context, running, waiting, reserved } = lane
  const now = context.runtime.now()
  const isClosed = breaker.state(now) === 'closed'
  const capacity = isClosed ? Math.floor(capacityOf(live.settings.concurrency, attemptMs)) : 1
  const slots = rate.slots(now, HELD_MS)
  return {
    all: Math.min(capacity, slots),
    free: Math.min(capacity - running.size, slots) - waiting.length - reserved,
  }
}

export function statusOf(lane: LaneState): LaneStatus {
  const { live, context, breaker, running, delivered, failed } = lane
  const now = context.runtime.now()
  return {
    sink: live.name,
    pausedBy: context.pauses.of(live) ?? [],
    breaker: breaker.state(now),
    ready: isReady(live),
    inFlight: running.size,
    deliveredPerMinute: delivered.count(now),
    failedPerMinute: failed.count(now),
  }
}
