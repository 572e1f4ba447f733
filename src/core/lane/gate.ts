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
  return live.settings.paused || context.pauses.of(live)?.length !== 0
}

/** Whether a delivery that waits may be started now. */
export function mayStart(lane: LaneState): boolean {
  const { running, rate, live, context } = lane
  const now = context.runtime.now()
  return running < live.settings.concurrency && rate.nextAt(now) <= now && isOpen(lane)
}

/** How many more the lane may hold: as many as it can start soon. */
export function room(lane: LaneState): number {
  return Math.min(capacity(lane) - lane.running, slots(lane)) - lane.waiting.length - lane.reserved
}

/** Not for every place that is free: a claim costs as much for one as for many. */
export function mayClaim(lane: LaneState): boolean {
  const isWorthIt = room(lane) * 2 >= Math.max(1, Math.min(capacity(lane), slots(lane)))
  return lane.more && !lane.claiming && isWorthIt && isOpen(lane)
}

function capacity({ live, attemptMs, breaker, context }: LaneState): number {
  const isClosed = breaker.state(context.runtime.now()) === 'closed'
  return isClosed ? Math.floor(capacityOf(live.settings.concurrency, attemptMs)) : 1
}

function slots({ rate, context }: LaneState): number {
  return rate.slots(context.runtime.now(), HELD_MS)
}

export function statusOf(lane: LaneState): LaneStatus {
  const { live, context, breaker, running, delivered, failed } = lane
  const now = context.runtime.now()
  return {
    sink: live.name,
    pausedBy: [
      ...(live.settings.paused ? (['file'] as const) : []),
      ...(context.pauses.of(live) ?? []),
    ],
    breaker: breaker.state(now),
    ready: isReady(live),
    inFlight: running,
    deliveredPerMinute: delivered.count(now),
    failedPerMinute: failed.count(now),
  }
}
