import { dataOf, type Event, isObject, type JsonObject } from '../core/event.ts'
import type {
  AuditEntry,
  DeliveryState,
  EventOutcome,
  Pause,
  StoredAttempt,
  StoredDelivery,
  StoredEvent,
} from '../core/ledger.ts'

/** A row of a database's answer. What is here reads those whose columns both dialects name alike. */
export type Row = Readonly<Record<string, unknown>>

/** An event as it is stored: its `data` is read from `raw` again. */
export type BareEvent = Omit<Event, 'data'>

/** Of a row with the columns of `events`. */
export function bareEvent(row: Row): BareEvent {
  return {
    id: String(row.id),
    type: String(row.type),
    appId: String(row.app_id),
    tenantKey: String(row.tenant_key),
    via: String(row.via),
    time: Number(row.time),
    raw: String(row.raw),
    ...(typeof row.traceparent === 'string' && { trace: row.traceparent }),
  }
}

export type BareStoredEvent = Omit<StoredEvent, 'event'> & { readonly event: BareEvent }

export function bareStoredEvent(row: Row): BareStoredEvent {
  const problems: readonly string[] = row.problems === null ? [] : JSON.parse(String(row.problems))
  const acceptedAt = Number(row.accepted_at)
  return { ref: String(row.seq), event: bareEvent(row), acceptedAt, problems }
}

export function withData<Bare extends { readonly event: BareEvent }>(bare: Bare) {
  return { ...bare, event: { ...bare.event, data: dataOf(bare.event.raw) } }
}

/** Of a row with the columns of `deliveries`, `state` and `event_id`. */
export function storedDelivery(row: Row): StoredDelivery {
  const state = stateOf(row)
  return {
    id: String(row.seq),
    eventRef: String(row.event),
    eventId: String(row.event_id),
    sink: String(row.sink),
    state,
    attempts: Number(row.attempts),
    orderKey: textOf(row.order_key),
    acceptedAt: Number(row.accepted_at),
    dueAt: state === 'pending' ? Number(row.due_at) : null,
    inFlight: Number(row.leased) === 1,
    settledAt: numberOf(row.settled_at),
    reason: textOf(row.reason),
  }
}

function stateOf({ state }: Row): DeliveryState {
  return state === 'pending' || state === 'delivered' ? state : 'dead'
}

export function eventOutcome({ event, delivered, pending, dead }: Row): EventOutcome {
  return {
    eventRef: String(event),
    delivered: Number(delivered),
    pending: Number(pending),
    dead: Number(dead),
  }
}

export function storedAttempt({ n, at, duration_ms, status, error, response }: Row): StoredAttempt {
  return {
    n: Number(n),
    at: Number(at),
    durationMs: Number(duration_ms),
    status: numberOf(status),
    error: String(error),
    response: String(response),
  }
}

export function storedPause({ sink, paused_by, at, options }: Row): Pause {
  return {
    sink: String(sink),
    by: paused_by === 'receiver' ? 'receiver' : 'operator',
    at: Number(at),
    options: String(options),
  }
}

export type StoredAuditEntry = AuditEntry & { readonly id: string }

export function storedAuditEntry(row: Row): StoredAuditEntry {
  return {
    id: String(row.seq),
    at: Number(row.at),
    actor: String(row.actor),
    action: actionOf(row.action),
    request: objectOf(row.request) ?? {},
    outcome: objectOf(row.outcome),
  }
}

const ACTIONS: readonly AuditEntry['action'][] = ['pause', 'resume', 'retry', 'replay', 'discard']

function actionOf(text: unknown): AuditEntry['action'] {
  const action = ACTIONS.find((one) => one === text)
  if (!action) throw new Error(`the audit names an unknown action: ${text}`)
  return action
}

function objectOf(text: unknown): JsonObject | null {
  if (text === null) return null
  const value: unknown = JSON.parse(String(text))
  return isObject(value) ? value : null
}

function textOf(value: unknown): string | null {
  return value === null ? null : String(value)
}

function numberOf(value: unknown): number | null {
  return value === null ? null : Number(value)
}
