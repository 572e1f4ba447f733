import { RejectedError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/event.ts'
import type { SourceEvent } from '../core/plugin.ts'
import { readEnvelope } from './envelope.ts'

/** An event as people hand it over, to see what would become of it. */
export interface PastedEvent {
  readonly event: SourceEvent
  /** How its envelope departs from the protocol. */
  readonly problems: readonly string[]
}

/** What an event without an envelope does not say. */
export interface Unsaid {
  readonly id: string
  /** Unix milliseconds. */
  readonly now: number
  /** Of an event that does not name its type. */
  readonly type?: string
}

/**
 * Reads a callback of either generation, decrypted; `{ event, type }`; or an `event` object alone. What is no callback
 * gets the envelope that it lacks, and nothing more: its data is as it was handed over. Throws RejectedError 400 where it
 * `isTooDeep`.
 */
export function readPasted(value: JsonObject, unsaid: Unsaid): PastedEvent {
  if (isTooDeep(value)) {
    throw new RejectedError(400, `The event ${TOO_DEEP}.`, {}, [{ path: '', message: TOO_DEEP }])
  }
  const callback = isCallback(value) ? value : enveloped(value, unsaid)
  const raw = JSON.stringify(callback)
  const { problems, time = unsaid.now, ...event } = readEnvelope(callback, raw)
  return { event: { ...event, time, raw }, problems }
}

/** Ten times what is quarantined; the filter looks no deeper, either. */
const MAX_DEPTH = 1000

export const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels`

/** JSON.parse takes what JSON.stringify has no stack for. */
export function isTooDeep(value: Json, left = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false
  return left === 0 || Object.values(value).some((inner) => isTooDeep(inner, left - 1))
}

/** Whether it has more around its `event` than a type. */
export function isCallback(value: JsonObject): boolean {
  if (!isObject(value.event)) return false
  return ['schema', 'header', 'uuid', 'ts'].some((key) => key in value) || isV1(value)
}

function isV1({ type }: JsonObject): boolean {
  return type === 'event_callback'
}

/** As version 2, whose envelope says what the event itself need not. */
function enveloped(value: JsonObject, { id, now, type }: Unsaid): JsonObject {
  const data = isObject(value.event) ? value.event : value
  const header = {
    event_id: id,
    event_type: value.type ?? data.type ?? type ?? '',
    app_id: data.app_id ?? '',
    tenant_key: data.tenant_key ?? '',
    create_time: String(now),
    token: '',
  }
  return { schema: '2.0', header, event: data }
}
