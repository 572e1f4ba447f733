// From what the store and the lanes say to what the API answers with.

import type { Static } from '@sinclair/typebox'
import type { LaneStatus } from '../../core/lane/status.ts'
import type {
  AuditEntry,
  Backlog,
  EventHistory,
  Ledger,
  StoredAttempt,
  StoredDelivery,
  StoredEvent,
} from '../../core/ledger.ts'
import type { LiveSink, Plan, WrittenRoute } from '../../core/plan.ts'
import { REDACTED } from '../../core/redact.ts'
import type {
  attemptSchema,
  auditSchema,
  deliveryHistorySchema,
  deliverySchema,
  eventSchema,
  routeSchema,
  sinkSchema,
} from './schemas.ts'

/** What says which values are not shown: those of redacted fields, and order keys made of them. */
export interface Hiding extends Pick<Plan, 'redact'> {
  readonly sinks: ReadonlyMap<string, { readonly settings: Pick<LiveSink['settings'], 'orderBy'> }>
}

export function eventShape(stored: StoredEvent, { redact }: Hiding): Static<typeof eventSchema> {
  const { ref, event, acceptedAt, problems } = stored
  const { id, type, via, appId, tenantKey, time } = event
  return {
    ref,
    id,
    type,
    source: via,
    app_id: redact.fields.has('app_id') ? REDACTED : appId,
    tenant_key: redact.fields.has('tenant_key') ? REDACTED : tenantKey,
    state: problems.length > 0 ? 'quarantined' : 'accepted',
    time: timestamp(time),
    accepted_at: timestamp(acceptedAt),
    problems: problems.length > 0 ? problems.map(redact.about(event)) : [],
  }
}

/** As JSON text: the body is in it to the letter, as parsing would round its long numbers. */
export function historyText(history: EventHistory, hiding: Hiding): string {
  const deliveries = deliveriesOf(history, hiding)
  const rest = JSON.stringify({ ...eventShape(history, hiding), deliveries })
  return `${rest.slice(0, -1)},"body":${hiding.redact.json(history.event.raw)}}`
}

/** An event's deliveries, each with its attempts. */
export function deliveriesOf(
  { event, deliveries }: EventHistory,
  hiding: Hiding,
): Static<typeof deliveryHistorySchema>[] {
  const show = hiding.redact.about(event)
  return deliveries.map((delivery) => ({
    ...deliveryShape(delivery, hiding, show),
    history: delivery.history.map((attempt) => attemptShape(attempt, show)),
  }))
}

/** `show` hides what is known of its event. */
function deliveryShape(
  delivery: StoredDelivery,
  hiding: Hiding,
  show: (text: string) => string,
): Static<typeof deliverySchema> {
  const { id, eventId, eventRef, sink, state, attempts, inFlight } = delivery
  const { acceptedAt, dueAt, settledAt, reason } = delivery
  return {
    id,
    event: eventId,
    event_ref: eventRef,
    sink,
    state,
    attempts,
    in_flight: inFlight,
    order_key: shownKey(delivery, hiding, show),
    accepted_at: timestamp(acceptedAt),
    // Of one in flight it is the end of its lease, when it would be tried again if the gateway had ended.
    next_attempt_at: inFlight ? null : timestampOrNull(dueAt),
    settled_at: timestampOrNull(settledAt),
    reason: reason === null ? null : show(reason),
  }
}

/** A delivery without what its event hides: a receiver may have quoted that in what it has answered. */
export async function shownDelivery(
  delivery: StoredDelivery,
  hiding: Hiding,
  ledger: Pick<Ledger, 'event'>,
): Promise<Static<typeof deliverySchema>> {
  const { redact } = hiding
  const saysNothing = delivery.reason === null && delivery.orderKey === null
  const hidesNothing = redact.fields.size === 0 || saysNothing
  const stored = hidesNothing ? null : await ledger.event({ ref: delivery.eventRef })
  return deliveryShape(delivery, hiding, redact.about(stored?.event))
}

/** Of a key whose field is not known any more, nobody can say that it may be seen. */
function shownKey(
  { sink, orderKey }: StoredDelivery,
  { redact, sinks }: Hiding,
  show: (text: string) => string,
): string | null {
  if (orderKey === null || redact.fields.size === 0) return orderKey
  const orderBy = sinks.get(sink)?.settings.orderBy ?? null
  return orderBy === null || redact.fields.has(orderBy) ? REDACTED : show(orderKey)
}

function attemptShape(
  { n, at, durationMs, status, error, response }: StoredAttempt,
  show: (text: string) => string,
): Static<typeof attemptSchema> {
  const texts = { error: show(error), response: show(response) }
  return { n, at: timestamp(at), duration_ms: durationMs, status, ...texts }
}

export interface SinkParts {
  readonly name: string
  /** Undefined once it has left routes.yaml. */
  readonly live: Pick<LiveSink, 'type' | 'settings'> | undefined
  readonly lane: LaneStatus | undefined
  readonly backlog: Backlog | undefined
  readonly pausedBy: readonly ('file' | 'operator' | 'receiver')[]
}

export function sinkShape(parts: SinkParts): Static<typeof sinkSchema> {
  const { name, live, lane, backlog, pausedBy } = parts
  return {
    name,
    type: live?.type ?? null,
    configured: live !== undefined,
    paused: pausedBy.length > 0,
    paused_by: [...pausedBy],
    breaker: lane?.breaker ?? 'closed',
    ready: lane?.ready ?? false,
    in_flight: lane?.inFlight ?? 0,
    backlog: backlog?.pending ?? 0,
    dead: backlog?.dead ?? 0,
    oldest_pending_at: timestampOrNull(backlog?.oldestPendingAt ?? null),
    rate_limit: rateText(live?.settings.rateLimit ?? null),
    order_by: live?.settings.orderBy ?? null,
    delivered_per_minute: lane?.deliveredPerMinute ?? 0,
    failed_per_minute: lane?.failedPerMinute ?? 0,
  }
}

export function routeShape(route: WrittenRoute): Static<typeof routeSchema> {
  const { name, from = null, match = null, to, enabled, file = null, line = null } = route
  return { name, from: from && [...from], match, to: [...to], enabled, file, line }
}

export function auditShape(
  entry: AuditEntry & { readonly id: string },
): Static<typeof auditSchema> {
  const { id, at, actor, action, request, outcome } = entry
  return { id, at: timestamp(at), actor, action, request, outcome }
}

/** As routes.yaml writes it. */
function rateText(perSecond: number | null): string | null {
  if (perSecond === null) return null
  return Number.isInteger(perSecond) ? `${perSecond}/s` : `${Math.round(perSecond * 60)}/m`
}

/** RFC 3339 of Unix milliseconds. */
export function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function timestampOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : timestamp(timeMs)
}
