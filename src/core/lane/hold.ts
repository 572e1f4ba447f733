import type { ClaimedDelivery } from '../outbox.ts'
import { isHeavy, isOpen, room } from './gate.ts'
import type { LaneState } from './state.ts'

export interface Place {
  /** The lease to ask the store for; 0 when there is no place, and the delivery waits in the store. */
  readonly leaseMs: number
  /** Called once: with the delivery that was born claimed, or with undefined when it was not. */
  fill(delivery: ClaimedDelivery | undefined): void
}

/** While the store is known to hold older ones, new ones queue behind them. */
export function reserve(lane: LaneState): Place {
  const isFree = !lane.more && isOpen(lane) && room(lane) >= 1 && !isHeavy(lane)
  if (isFree) lane.reserved++
  return {
    leaseMs: isFree ? lane.leaseMs : 0,
    fill(delivery) {
      if (isFree) lane.reserved--
      if (delivery) lane.waiting.set(delivery.id, delivery)
      else lane.more = true
      lane.pump()
    },
  }
}

/**
 * A clock that jumps ahead ends leases before their time: what waits, waits once, and what is being delivered goes on,
 * each under the claim that was made anew.
 */
export function hold(lane: LaneState, claimed: readonly ClaimedDelivery[]): void {
  for (const delivery of claimed) {
    const held = lane.running.has(delivery.id) ? lane.running : lane.waiting
    held.set(delivery.id, delivery)
  }
}

/** Untried: due at once, no attempt spent. */
export function giveBack(lane: LaneState, deliveries: readonly ClaimedDelivery[]): void {
  if (deliveries.length === 0) return
  const dueAt = lane.context.runtime.now()
  lane.more = true
  lane.settler.release(deliveries.map(({ id, claim }) => ({ id, claim, dueAt })))
}

/** What is given back and taken again, over and over, costs the others nothing. */
const RETURNED_MS = 1000

/** Its receiver went away: due in a second, no attempt spent. */
export function giveBackLater(
  lane: LaneState,
  { id, claim }: ClaimedDelivery,
  wasSent: boolean,
): void {
  const dueAt = lane.context.runtime.now() + RETURNED_MS
  lane.settler.release([{ id, claim, dueAt, wasSent }])
  lookBy(lane, dueAt)
}

export function lookBy(lane: LaneState, time: number): void {
  lane.lookAt = Math.min(lane.lookAt, time)
  lane.context.wakeAt(lane.lookAt)
}
