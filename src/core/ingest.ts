import type { Dispatch } from './dispatch.ts'
import { messageOf, RejectedError } from './errors.ts'
import type { Event, JsonObject } from './event.ts'
import type { EventResult, Observer, Received as ReceivedNews } from './happening.ts'
import type { Place } from './lane/hold.ts'
import { orderKeyOf } from './order.ts'
import type { Accepted, Outbox, Owed } from './outbox.ts'
import type { Patience } from './patience.ts'
import type { LiveSource, Plan } from './plan.ts'
import type { Callback, Received } from './plugin.ts'
import type { Runtime } from './runtime.ts'
import { endAccept, endCallback, failCallback, traceAccept, traceCallback } from './spans.ts'
import type { Span } from './trace.ts'

/** How long an event's identity is remembered, at the least; Feishu itself stops trying after seven hours. */
const IDENTITY_MS = 30 * 24 * 60 * 60 * 1000

export interface IngestContext {
  readonly outbox: Outbox
  readonly dispatch: Dispatch
  readonly runtime: Runtime
  readonly tell: Observer
  /** For how long an answer waits for the store. */
  readonly inTime: Patience
  plan(): Plan
  /** Hears of every event that is taken for a duplicate by its age alone. */
  tooOld(): void
  /** Hears of every event that the store cannot take. */
  untaken(fields: { readonly error: string }): void
}

export type Ingested =
  | { readonly kind: 'result'; readonly result: Exclude<EventResult, 'rejected'> }
  | { readonly kind: 'reply'; readonly body: JsonObject }

/**
 * The receiving half: a callback in, its event verified, checked, routed and stored. Resolves only when the event is
 * durable. Throws RejectedError for what is not authentic (400, 401), and where the store cannot take it, or not in time
 * (503): then the event may be stored later all the same, and the next try is a duplicate.
 */
export async function receive(
  context: IngestContext,
  live: LiveSource,
  callback: Callback,
): Promise<Ingested> {
  const span = traceCallback(context.runtime.tracer, live, traceparentOf(callback))
  return ingest(context, live, span, async () => {
    if (live.source.receive) return live.source.receive(callback)
    throw new RejectedError(404, 'There is nothing at this path.')
  })
}

/** The same for what a source that connects has received by itself. */
export async function take(
  context: IngestContext,
  live: LiveSource,
  received: Received | Promise<Received>,
): Promise<Ingested> {
  const span = traceCallback(context.runtime.tracer, live, undefined)
  return ingest(context, live, span, async () => received)
}

function traceparentOf({ headers }: Callback): string | undefined {
  return headers.get('traceparent') ?? undefined
}

async function ingest(
  context: IngestContext,
  source: LiveSource,
  span: Span | undefined,
  read: () => Promise<Received>,
): Promise<Ingested> {
  const { runtime, tell } = context
  const startedAt = runtime.now()
  const tellOf = (what: Pick<ReceivedNews, 'type' | 'eventId' | 'result' | 'problems'>) => {
    const at = runtime.now()
    tell({ kind: 'received', at, source: source.name, durationMs: at - startedAt, ...what })
  }
  try {
    const received = await read()
    if (received.kind === 'reply') {
      endCallback(span, source, 'handshake')
      return received
    }
    const event = { ...received.event, via: source.name }
    const { result, problems } = await admit(context, source, event, received.problems, span)
    tellOf({ type: event.type, eventId: event.id, result, problems })
    endCallback(span, source, result, event)
    return { kind: 'result', result }
  } catch (error) {
    tellOf({ type: '', eventId: '', result: 'rejected', problems: [] })
    failCallback(span, source, error)
    throw error
  }
}

interface Admitted {
  readonly result: Exclude<EventResult, 'rejected'>
  /** Why it is quarantined, for people. */
  readonly problems: readonly string[]
}

async function admit(
  context: IngestContext,
  source: LiveSource,
  event: Event,
  problems: readonly string[],
  callback: Span | undefined,
): Promise<Admitted> {
  if (event.type !== '' && !source.accepts(event.type)) return { result: 'ignored', problems: [] }
  // Its identity may be forgotten by now, so that only its age can tell.
  if (event.time < context.runtime.now() - IDENTITY_MS) {
    context.tooOld()
    return { result: 'duplicate', problems: [] }
  }
  const plan = context.plan()
  const wrong = problems.length > 0 ? problems : plan.check(event)
  const owed = wrong.length > 0 ? [] : owedBy(event, plan.route(event), plan)
  const span = traceAccept(context.runtime.tracer, event, owed.length, callback)
  const traced = span ? { ...event, trace: span.traceparent } : event
  const accepting = context.inTime(() => accept(context, traced, wrong, owed))
  const { duplicate } = await endAccept(span, accepting)
  if (duplicate) return { result: 'duplicate', problems: [] }
  const shown = wrong.map(plan.redact.about(event))
  return { result: wrong.length > 0 ? 'quarantined' : 'accepted', problems: shown }
}

/** One entry a sink, each named once. */
export function owedBy(
  event: Event,
  names: readonly string[],
  { sinks }: Pick<Plan, 'sinks'>,
): Omit<Owed, 'claimMs'>[] {
  return names.map((sink) => {
    const orderBy = sinks.get(sink)?.settings.orderBy ?? null
    return { sink, orderKey: orderKeyOf(event, orderBy) }
  })
}

/** Stores an event with what it owes, and has that delivered. Throws RejectedError where the store cannot take it. */
export async function accept(
  {
    outbox,
    dispatch,
    runtime,
    untaken,
  }: Pick<IngestContext, 'outbox' | 'dispatch' | 'runtime' | 'untaken'>,
  event: Event,
  problems: readonly string[],
  owes: readonly Omit<Owed, 'claimMs'>[],
): Promise<Accepted> {
  const places = owes.map((one) => ({ ...one, place: dispatch.reserve(one.sink) }))
  const owed = places.map(({ sink, orderKey, place }) => {
    return { sink, orderKey, claimMs: place.leaseMs }
  })
  const now = runtime.now()
  let accepted: Accepted | undefined
  try {
    accepted = (await outbox.accept([{ event, problems, owed }], now))[0]
  } catch (error) {
    untaken({ error: messageOf(error) })
  }
  fill(places, event, accepted, now)
  if (accepted) return accepted
  throw new RejectedError(503, 'The event cannot be stored now.', { 'Retry-After': '15' })
}

function fill(
  places: readonly { readonly sink: string; readonly orderKey: string | null; place: Place }[],
  event: Event,
  accepted: Accepted | undefined,
  now: number,
): void {
  const grants = new Map(accepted?.granted.map((grant) => [grant.sink, grant]))
  for (const { sink, orderKey, place } of places) {
    const grant = grants.get(sink)
    const ordered = orderKey !== null
    const leaseUntil = now + place.leaseMs
    place.fill(
      grant && {
        id: grant.id,
        claim: grant.claim,
        event,
        attempt: 1,
        cutShort: 0,
        ordered,
        leaseUntil,
      },
    )
  }
}
