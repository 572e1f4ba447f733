import type { ClaimedDelivery } from '../outbox.ts'
import { isOpen, room } from './gate.ts'
import type { LaneState } from './state.ts'

export interface Place {
  /** The lease to ask the store for; 0 when there is no place, and the delivery waits in the store. */
  readonly leaseMs: number
  /** Called once: with the delivery that was born claimed, or with undefined when it was not. */
  fill(delivery: ClaimedDelivery | undefined): void
}

/** While the store is known to hold older ones, new ones queue behind them. */
export function reserve(lane: LaneState): Place {
  const isFree = !lane.more && isOpen(lane) && room(lane) >= 1
  if (isFree) lane.reserved++
  return {
    leaseMs: isFree ? lane.leaseMs : 0,
    fill(delivery) {
      if (isFree) lane.reserved--
      if (delivery) lane.waiting.push(delivery)
      else lane.more = true
      lane.pump()
    },
  }
}

/** Untried: due at once, no attempt spent. */
export function giveBack(lane: LaneState, deliveries: readonly ClaimedDelivery[]): void {
  if (deliveries.length === 0) return
  const dueAt = lane.context.runtime.now()
  lane.more = true
  lane.settler.release(deliveries.map(({ id, claim }) => ({ id, claim, dueAt })))
}

export function lookBy(lane: LaneState, time: number): void {
  lane.lookAt = Math.min(lane.lookAt, time)
  lane.context.wakeAt(lane.lookAt)
}
