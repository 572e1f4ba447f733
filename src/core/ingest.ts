import type { Dispatch } from './dispatch.ts'
import { messageOf, RejectedError } from './errors.ts'
import type { Event, JsonObject } from './event.ts'
import type { Place } from './lane.ts'
import type { EventResult, Meter } from './meter.ts'
import type { LiveSource, Plan } from './plan.ts'
import type { Callback } from './plugin.ts'
import type { Runtime } from './runtime.ts'
import type { Accepted, Outbox } from './store.ts'

/** How long an event's identity is remembered, at the least; Feishu itself stops trying after seven hours. */
const IDENTITY_MS = 30 * 24 * 60 * 60 * 1000

export interface IngestContext {
  readonly outbox: Outbox
  readonly dispatch: Dispatch
  readonly runtime: Runtime
  readonly meter: Meter
  plan(): Plan
}

export type Ingested =
  | { readonly kind: 'result'; readonly result: Exclude<EventResult, 'rejected'> }
  | { readonly kind: 'reply'; readonly body: JsonObject }

/**
 * The receiving half: a callback in, its event verified, checked, routed and stored. Resolves only when the event is
 * durable. Throws RejectedError for what is not authentic (400, 401), and where the store cannot take it (503).
 */
export async function ingest(
  context: IngestContext,
  source: LiveSource,
  callback: Callback,
): Promise<Ingested> {
  const { runtime, meter } = context
  const startedAt = runtime.now()
  const count = (type: string, result: EventResult) =>
    meter.received(source.name, type, result, runtime.now() - startedAt)
  try {
    const received = await source.source.receive(callback)
    if (received.kind === 'reply') return received
    const event = { ...received.event, via: source.name }
    const result = await take(context, source, event, received.problems)
    count(event.type, result)
    return { kind: 'result', result }
  } catch (error) {
    count('', 'rejected')
    throw error
  }
}

async function take(
  context: IngestContext,
  source: LiveSource,
  event: Event,
  problems: readonly string[],
) {
  if (event.type !== '' && !source.accepts(event.type)) return 'ignored'
  // Its identity may be forgotten by now, so that only its age can tell.
  if (event.time < context.runtime.now() - IDENTITY_MS) return 'duplicate'
  const plan = context.plan()
  const wrong = problems.length > 0 ? problems : plan.check(event)
  const { duplicate } = await accept(
    context,
    event,
    wrong,
    wrong.length > 0 ? [] : plan.route(event),
  )
  if (duplicate) return 'duplicate'
  return wrong.length > 0 ? 'quarantined' : 'accepted'
}

async function accept(
  { outbox, dispatch, runtime }: IngestContext,
  event: Event,
  problems: readonly string[],
  sinks: readonly string[],
): Promise<Accepted> {
  const places = new Map(sinks.map((sink) => [sink, dispatch.reserve(sink)]))
  const owed = [...places].map(([sink, { leaseMs }]) => ({
    sink,
    orderKey: null,
    claimMs: leaseMs,
  }))
  const now = runtime.now()
  let accepted: Accepted | undefined
  try {
    accepted = (await outbox.accept([{ event, problems, owed }], now))[0]
  } catch (error) {
    runtime.log.error({ error: messageOf(error) }, 'the store cannot take an event')
  }
  fill(places, event, accepted, now)
  if (accepted) return accepted
  throw new RejectedError(503, 'The event cannot be stored now.', { 'Retry-After': '15' })
}

function fill(
  places: ReadonlyMap<string, Place>,
  event: Event,
  accepted: Accepted | undefined,
  now: number,
): void {
  const grants = new Map(accepted?.granted.map((grant) => [grant.sink, grant]))
  for (const [sink, place] of places) {
    const grant = grants.get(sink)
    const leaseUntil = now + place.leaseMs
    place.fill(grant && { id: grant.id, claim: grant.claim, event, attempt: 1, leaseUntil })
  }
}
