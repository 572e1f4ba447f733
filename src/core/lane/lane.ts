import { messageOf } from '../errors.ts'
import type { ClaimedDelivery } from '../outbox.ts'
import type { LiveSink } from '../plan.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { HELD_MS } from './capacity.ts'
import { deliver } from './deliver.ts'
import {
  charsLeft,
  isOpen,
  isPaused,
  mayClaim,
  mayStart,
  room,
  startsSoon,
  statusOf,
} from './gate.ts'
import { greet } from './greet.ts'
import { closeSink, isReady } from './guard.ts'
import { giveBack, hold, lookBy, type Place, reserve } from './hold.ts'
import { noMemory, remember } from './memory.ts'
import { createPerMinute } from './per-minute.ts'
import { createRate } from './rate.ts'
import { leaseMsOf, longestAttemptMs } from './retry.ts'
import type { LaneContext, LaneState } from './state.ts'
import type { LaneStatus } from './status.ts'

/** Delivers what one sink is owed. Its concurrency and its troubles are its own: a dead sink costs the others nothing. */
export interface Lane {
  readonly live: LiveSink
  /** A place for a delivery that is about to be accepted, so that it need not be read back. */
  reserve(): Place
  /** Delivers what it may, and looks for what is due if it is time to; `now` looks whatever the time. */
  wake(at?: 'now'): void
  /** Resolves when nothing due is left, or the sink takes no more. */
  idle(): Promise<void>
  status(): LaneStatus
  readonly listen: Breaker['listen']
  /** Finishes what is in flight, gives the rest back to the store, closes the sink. */
  close(): Promise<void>
}

interface State extends LaneState {
  /** Whoever waits until nothing is left to do. */
  waiter: PromiseWithResolvers<void> | undefined
  /** Whether it waits for the claims and the events that are on their way. */
  hearsStore: boolean
}

export function createLane(live: LiveSink, context: LaneContext): Lane {
  const lane = createState(live, context)
  remember(lane)
  const endGreeting = context.greets === false ? () => {} : greet(live, context.runtime)
  return {
    live,
    reserve: () => reserve(lane),
    wake(at) {
      const now = context.runtime.now()
      // The clock may have been set back.
      lane.lookAt = Math.min(lane.lookAt, now + lookEveryMs(lane))
      if (at === 'now' || now >= lane.lookAt) look(lane)
      else context.wakeAt(lane.lookAt)
      pump(lane)
    },
    idle: () => idle(lane),
    status: () => statusOf(lane),
    listen: lane.breaker.listen,
    async close() {
      lane.closing = true
      endGreeting()
      const timer = setTimeout(() => giveUpStore(lane), STORE_MS)
      await idle(lane)
      clearTimeout(timer)
      await closeSink(live, context.runtime.log)
    },
  }
}

/** How long a lane that closes waits for what it has asked the store. What comes later is given back all the same. */
const STORE_MS = 5000

function giveUpStore(lane: State): void {
  lane.hearsStore = false
  pump(lane)
}

function createState(live: LiveSink, context: LaneContext): State {
  const { settings } = live
  const { sharing } = context
  const changes = {
    changed: (state: 'open' | 'closed') => onBreaker(lane, state),
    pump: () => pump(lane),
  }
  const kept = context.memories?.of(live) ?? noMemory
  const lane: State = {
    live,
    context,
    settler: context.settling.open(live.name, (wasLate) => onStored(lane, wasLate)),
    rate:
      sharing?.rate(live, changes.pump) ??
      createRate(settings.rateLimit, context.runtime.now(), kept.nextSlot),
    breaker:
      sharing?.breaker(live, changes) ?? createBreaker(settings.breaker, changes.changed, kept),
    kept,
    leaseMs: leaseMsOf(settings),
    longestAttemptMs: longestAttemptMs(settings),
    waiting: new Map(),
    reserved: 0,
    running: new Map(),
    claiming: false,
    more: true,
    lookAt: 0,
    closing: false,
    attemptMs: HELD_MS,
    delivered: createPerMinute(),
    failed: createPerMinute(),
    pump: changes.pump,
    waiter: undefined,
    hearsStore: true,
  }
  return lane
}

const LOOK_EVERY_MS = 1000

/** At least this often, for what nobody announced: what another process owes again, or did not finish. */
function lookEveryMs({ context }: State): number {
  return context.lookEveryMs ?? LOOK_EVERY_MS
}

function look(lane: State): void {
  lane.lookAt = Number.POSITIVE_INFINITY
  lookBy(lane, lane.context.runtime.now() + lookEveryMs(lane))
  lane.more = true
}

/** What was late may have been due in the meantime, or have kept others from being claimed. */
function onStored(lane: State, wasLate: boolean): void {
  if (wasLate) lane.more = true
  pump(lane)
}

function onBreaker({ live, context, breaker }: State, state: 'open' | 'closed'): void {
  const fields = { sink: live.name, ...live.settings.breaker }
  const { log, now } = context.runtime
  const until = state === 'open' ? breaker.retryAt : null
  context.tell({ kind: 'breaker', at: now(), sink: live.name, state, until })
  if (state === 'open') log.warn(fields, 'the breaker opened: too many failures in a row')
  else log.info(fields, 'the breaker closed: the sink is sent events again')
}

function pump(lane: State): void {
  const { waiting } = lane
  if (!mayHold(lane)) giveBackAll(lane)
  for (const next of waiting.values()) {
    if (!mayStart(lane, next) || !lane.breaker.take()) break
    start(lane, next)
  }
  if (waiting.size > 0) lane.rate.want(startsSoon(lane), lane.context.runtime.now())
  if (mayClaim(lane)) void claim(lane)
  const hasWork = waiting.size > 0 || lane.more
  if (hasWork) askToBeWoken(lane)
  const isAsking = lane.hearsStore && (lane.claiming || lane.reserved > 0)
  if (lane.running.size > 0 || isAsking || (hasWork && isOpen(lane))) return
  lane.waiter?.resolve()
  lane.waiter = undefined
}

/** When its rate or its breaker lets it go on, or when to ask again whether it is ready. A pause's end wakes it anyway. */
function askToBeWoken(lane: State): void {
  if (lane.closing || isPaused(lane)) return
  const { context, live, rate, breaker } = lane
  const now = context.runtime.now()
  const next = Math.max(
    rate.nextAt(now),
    breaker.state(now) === 'open' ? breaker.retryAt : 0,
    isReady(live) ? 0 : now + LOOK_EVERY_MS,
  )
  if (next > now) context.wakeAt(next)
}

/** What cannot be started soon is better off in the store, where its lease does not run out. */
function mayHold(lane: State): boolean {
  const now = lane.context.runtime.now()
  const isBroken = lane.breaker.state(now) === 'open'
  const isFar = lane.rate.nextAt(now) > now + HELD_MS
  return !lane.closing && !isPaused(lane) && !isBroken && !isFar && isReady(lane.live)
}

function giveBackAll(lane: State): void {
  giveBack(lane, [...lane.waiting.values()])
  lane.waiting.clear()
}

function start(lane: State, delivery: ClaimedDelivery): void {
  lane.waiting.delete(delivery.id)
  lane.running.set(delivery.id, delivery)
  void deliver(lane, delivery).then(() => {
    lane.running.delete(delivery.id)
    pump(lane)
  })
}

async function idle(lane: State): Promise<void> {
  lane.waiter ??= Promise.withResolvers<void>()
  const { promise } = lane.waiter
  pump(lane)
  await promise
  await lane.settler.idle()
}

async function claim(lane: State): Promise<void> {
  const { context, live, leaseMs } = lane
  // Half the room is for what is accepted while the claim is under way.
  const limit = Math.ceil(room(lane) / 2)
  lane.claiming = true
  lane.reserved += limit
  lane.more = false
  try {
    const now = context.runtime.now()
    const query = { sink: live.name, now, leaseMs, limit, chars: charsLeft(lane) }
    const claimed = await context.outbox.claim(query)
    hold(lane, claimed)
    pump(lane)
    // A claim of large ones is short.
    const isFull = claimed.length === limit
    const nextAt = isFull ? query.now : await context.outbox.nextDueAt(live.name)
    if (nextAt !== null && nextAt <= query.now) lane.more = true
    else lookBy(lane, nextAt ?? lane.lookAt)
  } catch (error) {
    context.unclaimed({ sink: live.name, error: messageOf(error) })
    lookBy(lane, context.runtime.now() + LOOK_EVERY_MS)
  }
  lane.claiming = false
  lane.reserved -= limit
  pump(lane)
}
