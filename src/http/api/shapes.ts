// What the API answers with. docs/api.md documents it.

import type { LaneStatus } from '../../core/lane/status.ts'
import type {
  AuditEntry,
  Backlog,
  EventHistory,
  StoredAttempt,
  StoredDelivery,
  StoredEvent,
} from '../../core/ledger.ts'
import type { LiveSink } from '../../core/plan.ts'

export function eventShape({ ref, event, acceptedAt, problems }: StoredEvent) {
  const { id, type, via, appId, tenantKey, time } = event
  return {
    ref,
    id,
    type,
    source: via,
    app_id: appId,
    tenant_key: tenantKey,
    state: problems.length > 0 ? 'quarantined' : 'accepted',
    time: timestamp(time),
    accepted_at: timestamp(acceptedAt),
    problems,
  }
}

/** As JSON text: the body is in it to the letter, as parsing would round its long numbers. */
export function historyText(history: EventHistory): string {
  const deliveries = history.deliveries.map((delivery) => ({
    ...deliveryShape(delivery),
    history: delivery.history.map(attemptShape),
  }))
  const rest = JSON.stringify({ ...eventShape(history), deliveries })
  return `${rest.slice(0, -1)},"body":${history.event.raw}}`
}

export function deliveryShape(delivery: StoredDelivery) {
  const { id, eventId, eventRef, sink, state, attempts, inFlight, orderKey } = delivery
  const { acceptedAt, dueAt, settledAt, reason } = delivery
  return {
    id,
    event: eventId,
    event_ref: eventRef,
    sink,
    state,
    attempts,
    in_flight: inFlight,
    order_key: orderKey,
    accepted_at: timestamp(acceptedAt),
    // Of one in flight it is the end of its lease, when it would be tried again if the gateway had ended.
    next_attempt_at: inFlight ? null : timestampOrNull(dueAt),
    settled_at: timestampOrNull(settledAt),
    reason,
  }
}

function attemptShape({ n, at, durationMs, status, error, response }: StoredAttempt) {
  return { n, at: timestamp(at), duration_ms: durationMs, status, error, response }
}

export interface SinkParts {
  readonly name: string
  /** Undefined once it has left routes.yaml. */
  readonly live: Pick<LiveSink, 'type' | 'settings'> | undefined
  readonly lane: LaneStatus | undefined
  readonly backlog: Backlog | undefined
  readonly pausedBy: readonly string[]
}

export function sinkShape({ name, live, lane, backlog, pausedBy }: SinkParts) {
  return {
    name,
    type: live?.type ?? null,
    configured: live !== undefined,
    paused: pausedBy.length > 0,
    paused_by: pausedBy,
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

export function auditShape(entry: AuditEntry & { readonly id: string }) {
  const { id, at, actor, action, request, outcome } = entry
  return { id, at: timestamp(at), actor, action, request, outcome }
}

/** As routes.yaml writes it. */
function rateText(perSecond: number | null): string | null {
  if (perSecond === null) return null
  return Number.isInteger(perSecond) ? `${perSecond}/s` : `${Math.round(perSecond * 60)}/m`
}

function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function timestampOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : timestamp(timeMs)
}
