import { attempt } from './attempt.ts'
import { capacityOf, HELD_MS } from './capacity.ts'
import { messageOf } from './errors.ts'
import { closeSink, isReady } from './guard.ts'
import type { Meter } from './meter.ts'
import { outcomeOf, recordOf } from './outcome.ts'
import type { LiveSink } from './plan.ts'
import { leaseMsOf, longestAttemptMs } from './retry.ts'
import type { Runtime } from './runtime.ts'
import { createSettler, type Settler } from './settler.ts'
import type { AttemptRecord, ClaimedDelivery, Outbox, Settlement } from './store.ts'

/** Delivers what one sink is owed. Its concurrency and its troubles are its own: a dead sink costs the others nothing. */
export interface Lane {
  readonly live: LiveSink
  /** A place for a delivery that is about to be accepted, so that it need not be read back. */
  reserve(): Place
  /** Looks for what is due, and delivers it, if it is time to; `now` looks whatever the time. */
  wake(now?: 'now'): void
  /** Resolves when nothing due is left, or the sink takes no more. */
  idle(): Promise<void>
  /** Finishes what is in flight, gives the rest back to the store, closes the sink. */
  close(): Promise<void>
}

export interface Place {
  /** The lease to ask the store for; 0 when there is no place, and the delivery waits in the store. */
  readonly leaseMs: number
  /** Called once: with the delivery that was born claimed, or with undefined when it was not. */
  fill(delivery: ClaimedDelivery | undefined): void
}

export interface LaneContext {
  readonly outbox: Outbox
  readonly runtime: Runtime
  readonly meter: Meter
  /** Asks the host to wake all lanes at that time, in Unix milliseconds. */
  wakeAt(time: number): void
}

interface State {
  readonly live: LiveSink
  readonly context: LaneContext
  readonly settler: Settler
  readonly leaseMs: number
  readonly longestAttemptMs: number
  /** Claimed and not yet started. */
  readonly waiting: ClaimedDelivery[]
  reserved: number
  running: number
  claiming: boolean
  /** Whether the store may hold something due that this lane has not claimed. */
  more: boolean
  /** When to look at the store again, in Unix milliseconds. */
  lookAt: number
  /** The receiver said 410: nothing is sent until the sink's options change or the gateway starts again. */
  gone: boolean
  closing: boolean
  /** How long an attempt takes of late. */
  attemptMs: number
  /** Whoever waits until nothing is left to do. */
  waiter: PromiseWithResolvers<void> | undefined
}

export function createLane(live: LiveSink, context: LaneContext): Lane {
  const lane: State = {
    live,
    context,
    settler: createSettler(context.outbox, context.runtime.log),
    leaseMs: leaseMsOf(live.settings),
    longestAttemptMs: longestAttemptMs(live.settings),
    waiting: [],
    reserved: 0,
    running: 0,
    claiming: false,
    more: true,
    lookAt: 0,
    gone: false,
    closing: false,
    attemptMs: HELD_MS,
    waiter: undefined,
  }
  return {
    live,
    reserve: () => reserve(lane),
    wake(now) {
      if (now === 'now' || context.runtime.now() >= lane.lookAt) look(lane)
      else context.wakeAt(lane.lookAt)
    },
    idle: () => idle(lane),
    async close() {
      lane.closing = true
      giveBack(lane, lane.waiting.splice(0))
      await idle(lane)
      await closeSink(live, context.runtime.log)
    },
  }
}

/** At least this often, for what nobody announced: what another process owes again, or did not finish. */
const LOOK_EVERY_MS = 1000

function look(lane: State): void {
  lane.lookAt = Number.POSITIVE_INFINITY
  lookBy(lane, lane.context.runtime.now() + LOOK_EVERY_MS)
  lane.more = true
  pump(lane)
}

function lookBy(lane: State, time: number): void {
  lane.lookAt = Math.min(lane.lookAt, time)
  lane.context.wakeAt(lane.lookAt)
}

function takes({ live, gone, closing }: State): boolean {
  return !closing && !gone && !live.settings.paused && isReady(live)
}

const capacity = ({ live, attemptMs }: State) => capacityOf(live.settings.concurrency, attemptMs)

function room(lane: State): number {
  return Math.floor(capacity(lane)) - lane.running - lane.waiting.length - lane.reserved
}

/** While the store is known to hold older ones, new ones queue behind them. */
function reserve(lane: State): Place {
  const free = !lane.more && takes(lane) && room(lane) > 0
  if (free) lane.reserved++
  return {
    leaseMs: free ? lane.leaseMs : 0,
    fill(delivery) {
      if (free) lane.reserved--
      if (delivery) hold(lane, [delivery])
      else lane.more = true
      pump(lane)
    },
  }
}

function hold(lane: State, deliveries: readonly ClaimedDelivery[]): void {
  if (lane.closing || lane.gone) giveBack(lane, deliveries)
  else lane.waiting.push(...deliveries)
}

function giveBack(lane: State, deliveries: readonly ClaimedDelivery[]): void {
  const dueAt = lane.context.runtime.now()
  lane.more = true
  lane.settler.release(deliveries.map(({ id, claim }) => ({ id, claim, dueAt })))
}

function pump(lane: State): void {
  const { concurrency } = lane.live.settings
  while (lane.running < concurrency && takes(lane)) {
    const next = lane.waiting.shift()
    if (!next) break
    void run(lane, next)
  }
  if (lane.more && !lane.claiming && takes(lane) && room(lane) * 2 >= capacity(lane))
    void claim(lane)
  const busy = lane.running > 0 || lane.claiming || lane.reserved > 0
  if (busy || (takes(lane) && (lane.more || lane.waiting.length > 0))) return
  lane.waiter?.resolve()
  lane.waiter = undefined
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
    const query = { sink: live.name, now: context.runtime.now(), leaseMs, limit }
    const claimed = await context.outbox.claim(query)
    hold(lane, claimed)
    pump(lane)
    if (claimed.length === limit) lane.more = true
    else lookBy(lane, (await context.outbox.nextDueAt(live.name)) ?? lane.lookAt)
  } catch (error) {
    const fields = { sink: live.name, error: messageOf(error) }
    context.runtime.log.error(fields, 'cannot claim from the store')
  }
  lane.claiming = false
  lane.reserved -= limit
  pump(lane)
}

async function run(lane: State, delivery: ClaimedDelivery): Promise<void> {
  const { runtime } = lane.context
  const at = runtime.now()
  const { retry } = lane.live.settings
  if (delivery.attempt > retry.waits.length + 1) return bury(lane, delivery, at)
  // An attempt that outlives its lease could meet another gateway's attempt at the same delivery.
  if (delivery.leaseUntil - at < lane.longestAttemptMs) return giveBack(lane, [delivery])
  lane.running++
  const result = await attempt(lane.live, delivery, runtime, () => !lane.closing)
  lane.running--
  lane.attemptMs += (runtime.now() - at - lane.attemptMs) / 8
  const record = recordOf(result, at, runtime.now())
  if (!result.ok && result.failure.gone) stop(lane, delivery, record)
  else settle(lane, delivery, record, outcomeOf(result, delivery.attempt, retry, runtime))
  pump(lane)
}

/** An event whose attempts never end by themselves, because each ends the process, must end too. */
function bury(lane: State, delivery: ClaimedDelivery, at: number): void {
  const error = `gave up after ${delivery.attempt - 1} attempts: the gateway ended during the last one`
  const record = { at, durationMs: 0, status: null, error, response: '' }
  settle(lane, delivery, record, { state: 'dead', reason: error })
}

function settle(
  lane: State,
  delivery: ClaimedDelivery,
  record: AttemptRecord,
  outcome: Settlement['outcome'],
): void {
  const { runtime, meter } = lane.context
  const { id, claim, attempt } = delivery
  lane.settler.settle({ id, claim, attempt, outcome, record })
  const ended = outcome.state === 'pending' ? 'failed' : outcome.state
  meter.attempted(lane.live.name, ended, record.durationMs)
  if (outcome.state === 'delivered') return
  if (outcome.state === 'pending') lookBy(lane, outcome.dueAt)
  const fields = { sink: lane.live.name, event: delivery.event.id, attempt, error: record.error }
  runtime.log.warn(fields, outcome.state === 'dead' ? 'dead letter' : 'delivery failed')
}

/** The receiver is gone for good: nothing more is sent to it, and what it is owed is kept. */
function stop(lane: State, delivery: ClaimedDelivery, { durationMs }: AttemptRecord): void {
  lane.context.meter.attempted(lane.live.name, 'failed', durationMs)
  giveBack(lane, [delivery, ...lane.waiting.splice(0)])
  if (lane.gone) return
  lane.gone = true
  const advice = 'change its options, or start the gateway again, to resume it'
  lane.context.runtime.log.warn(
    { sink: lane.live.name },
    `the sink is gone (410), paused: ${advice}`,
  )
}
