import type { DeliveryResult } from '../happening.ts'
import type { AttemptRecord, ClaimedDelivery, Settlement } from '../outbox.ts'
import { type AttemptResult, attempt } from './attempt.ts'
import type { Ticket } from './breaker.ts'
import { isPaused } from './gate.ts'
import { isReady } from './guard.ts'
import { giveBack, giveBackLater, lookBy } from './hold.ts'
import { remember } from './memory.ts'
import { outcomeOf, recordOf } from './outcome.ts'
import type { LaneState } from './state.ts'

/**
 * A process that ends may have only held it, as one that is killed again and again does with hundreds, or have been
 * ended by it, and so may a receiver. So often, beside its attempts, it has the benefit of the doubt.
 */
const DOUBTS = 100

/** Tries one delivery once, and settles it. Never rejects; the caller counts it as running meanwhile. */
export async function deliver(lane: LaneState, delivery: ClaimedDelivery): Promise<void> {
  const { runtime } = lane.context
  const at = runtime.now()
  const { retry } = lane.live.settings
  if (delivery.cutShort >= DOUBTS + retry.waits.length) return bury(lane, delivery, at)
  // An attempt that outlives its lease could meet another gateway's attempt at the same delivery.
  if (delivery.leaseUntil - at < lane.longestAttemptMs) return giveBack(lane, [delivery])
  const result = await tryIt(lane, delivery)
  // It may have been claimed anew meanwhile.
  const held = lane.running.get(delivery.id) ?? delivery
  const record = recordOf(result, at, runtime.now())
  if (!result.ok && result.failure.returned) return takeBack(lane, held, result)
  lane.attemptMs += (record.durationMs - lane.attemptMs) / 8
  if (!result.ok && result.failure.gone) return stop(lane, held, record)
  settle(lane, held, record, outcomeOf(result, held.attempt, retry, runtime))
}

async function tryIt(lane: LaneState, delivery: ClaimedDelivery): Promise<AttemptResult> {
  const { live, breaker, rate, context } = lane
  const { runtime } = context
  const ticket = breaker.start()
  const result = await attempt(live, delivery, runtime, {
    starts() {
      rate.spend(runtime.now())
      remember(lane)
    },
    failed(failure) {
      breaker.failed(ticket, failure, runtime.now())
      remember(lane)
    },
    mayTryAgain: () => isOpenFor(lane, ticket) && rate.nextAt(runtime.now()) <= runtime.now(),
  })
  if (result.ok) breaker.succeeded(ticket)
  remember(lane)
  return result
}

/** Whether a delivery that is under way may be sent once more. */
function isOpenFor(lane: LaneState, ticket: Ticket): boolean {
  const isWanted = !lane.closing && !isPaused(lane) && isReady(lane.live)
  return isWanted && lane.breaker.isCurrent(ticket)
}

/** The receiver went away. */
function takeBack(
  lane: LaneState,
  delivery: ClaimedDelivery,
  { message, failure }: AttemptResult & { readonly ok: false },
): void {
  giveBackLater(lane, delivery, failure.returned === 'cut short')
  const fields = { sink: lane.live.name, event: delivery.event.id, error: message }
  lane.context.runtime.log.warn(fields, 'delivery given back: no attempt is spent')
}

/** An event whose attempts never end by themselves, because each ends the process, must end too. */
function bury(lane: LaneState, delivery: ClaimedDelivery, at: number): void {
  const error = `gave up: ${delivery.cutShort} times the gateway or the receiver ended while it held this`
  const record = { at, durationMs: 0, status: null, error, response: '' }
  settle(lane, delivery, record, { state: 'dead', reason: error })
}

function settle(
  lane: LaneState,
  delivery: ClaimedDelivery,
  record: AttemptRecord,
  outcome: Settlement['outcome'],
): void {
  const { id, claim, attempt, ordered } = delivery
  const settled = lane.settler.settle({ id, claim, attempt, outcome, record })
  if (ordered && outcome.state !== 'pending') void settled.then(() => takeNext(lane))
  tell(lane, delivery, outcome.state === 'pending' ? 'failed' : outcome.state, record)
  if (outcome.state === 'delivered') return
  if (outcome.state === 'pending') lookBy(lane, outcome.dueAt)
  const fields = { sink: lane.live.name, event: delivery.event.id, attempt, error: record.error }
  const message = outcome.state === 'dead' ? 'dead letter' : 'delivery failed'
  lane.context.runtime.log.warn(fields, message)
}

/** The next of its order key is due now. */
function takeNext(lane: LaneState): void {
  lane.more = true
  lane.pump()
}

/** The receiver is gone for good: nothing more is sent to it, and what it is owed is kept. */
function stop(lane: LaneState, delivery: ClaimedDelivery, record: AttemptRecord): void {
  const { live, context } = lane
  const isStopped = !isPaused(lane) && context.pauses.stop(live)
  settle(lane, delivery, record, { state: 'pending', dueAt: record.at + record.durationMs })
  if (!isStopped) return
  const advice = 'resume it, or change its options'
  context.runtime.log.warn({ sink: live.name }, `the sink is gone (410), paused: ${advice}`)
  context.tell({ kind: 'gone', at: context.runtime.now(), sink: live.name })
}

function tell(
  { live, context, delivered, failed }: LaneState,
  { id: deliveryId, event, attempt }: ClaimedDelivery,
  result: DeliveryResult,
  { at: startedAt, durationMs, status, error: said }: AttemptRecord,
): void {
  const at = startedAt + durationMs
  const counter = result === 'delivered' ? delivered : failed
  counter.add(at)
  const { type, id: eventId } = event
  const error = context.redact().about(event)(said)
  const what = { result, type, eventId, deliveryId, attempt, status, error }
  context.tell({ kind: 'attempted', at, sink: live.name, durationMs, ...what })
}
