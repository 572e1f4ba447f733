export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** What happened, in Feishu's own terms. */
export interface Event {
  /** The publisher's own id: v1 `uuid`, v2 `header.event_id`. Empty only on a quarantined event. */
  readonly id: string
  /** The Feishu event type, e.g. `approval_cc`. */
  readonly type: string
  /** With `tenantKey` and `id`: the identity by which an event that arrives twice is known. */
  readonly appId: string
  readonly tenantKey: string
  /** Name of the source in routes.yaml that brought it; `lark-fanout` for the gateway's own. */
  readonly via: string
  /** When it happened, in Unix milliseconds; the time of acceptance where Feishu's own does not parse. */
  readonly time: number
  /** The callback's `event` object. */
  readonly data: JsonObject
  /** The JSON text as received (decrypted), to the letter, but for the blanked verification token. */
  readonly raw: string
  /** The `traceparent` of its acceptance, where that was traced: what is done for it is part of that. */
  readonly trace?: string
}

/** What a route's `match` sees: the event's fields, with the three that are always there on top. */
export function matchView(event: Event): JsonObject {
  return {
    ...event.data,
    type: event.type,
    app_id: event.appId,
    tenant_key: event.tenantKey,
  }
}

/** One event goes to many sinks: none can change what the others get. */
export function frozen(event: Event): Event {
  if (!Object.isFrozen(event)) freeze(event.data)
  return Object.freeze(event)
}

function freeze(value: Json): void {
  if (typeof value !== 'object' || value === null) return
  for (const item of Object.values(value)) freeze(item)
  Object.freeze(value)
}

/** Whether a parsed JSON value is an object: not null, not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The `event` object of a received text. Throws SyntaxError when the text is not JSON. */
export function dataOf(raw: string): JsonObject {
  const envelope: unknown = JSON.parse(raw)
  return isObject(envelope) && isObject(envelope.event) ? envelope.event : {}
}
