import { isObject, type Json, type JsonObject } from '../core/event.ts'

/** What both generations of Feishu's event envelope say (v1: `uuid` on top; v2: `schema` and `header`). */
export interface Envelope {
  readonly id: string
  readonly type: string
  readonly appId: string
  readonly tenantKey: string
  /** Unix milliseconds; undefined where Feishu's own does not parse. */
  readonly time: number | undefined
  readonly data: JsonObject
  /** How it departs from the protocol; empty when it does not. */
  readonly problems: readonly string[]
}

/** Deeper than any event of Feishu's, and shallow enough for every recursive JSON library of the receivers. */
const MAX_DEPTH = 100

/** The verification token, wherever this generation of envelope has it; undefined without one. */
export function tokenOf(body: JsonObject): string | undefined {
  const token = isObject(body.header) && 'token' in body.header ? body.header.token : body.token
  return typeof token === 'string' ? token : undefined
}

/** The challenge of a url_verification in either shape; undefined when the body is not one. */
export function challengeOf(body: JsonObject): string | undefined {
  const isChallenge = body.type === 'url_verification' && typeof body.challenge === 'string'
  return isChallenge ? String(body.challenge) : undefined
}

/** Reads the envelope of a text that has been parsed to `body`. Never throws: what is wrong is in `problems`. */
export function readEnvelope(body: JsonObject, text: string): Envelope {
  const envelope = 'schema' in body ? readV2(body) : readV1(body)
  const problems = [
    ...envelope.problems,
    ...missing(envelope),
    ...(isObject(body.event) ? [] : ['event: must be an object']),
    ...(isDeeperThan(text, MAX_DEPTH) ? [`event: nested deeper than ${MAX_DEPTH} levels`] : []),
  ]
  return { ...envelope, problems }
}

function readV1(body: JsonObject): Envelope {
  const data = objectOr(body.event)
  return {
    id: text(body.uuid),
    type: text(data.type),
    appId: text(data.app_id),
    tenantKey: text(data.tenant_key),
    time: fromSeconds(body.ts),
    data,
    problems: body.type === 'event_callback' ? [] : ['type: must be event_callback'],
  }
}

function readV2(body: JsonObject): Envelope {
  const header = objectOr(body.header)
  return {
    id: text(header.event_id),
    type: text(header.event_type),
    appId: text(header.app_id),
    tenantKey: text(header.tenant_key),
    time: fromMilliseconds(header.create_time),
    data: objectOr(body.event),
    problems: body.schema === '2.0' ? [] : ['schema: must be 2.0'],
  }
}

/** An id becomes a header of every signed delivery, and part of an identity. */
const ID_RULE = 'uuid (v1) or header.event_id (v2): must be printable ASCII, 256 characters at most'

function missing({ id, type }: Envelope): string[] {
  return [
    ...(id ? [] : ['uuid (v1) or header.event_id (v2): is required']),
    ...(/^[!-~]{0,256}$/.test(id) ? [] : [ID_RULE]),
    ...(type ? [] : ['event.type (v1) or header.event_type (v2): is required']),
  ]
}

function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** v1 `ts`: seconds with a fraction, as a string. */
function fromSeconds(value: Json | undefined): number | undefined {
  return asTime(number(value) * 1000)
}

/** v2 `create_time`: milliseconds as a string; some of Feishu's documents show microseconds. */
function fromMilliseconds(value: Json | undefined): number | undefined {
  const time = number(value)
  return asTime(time >= 1e15 ? time / 1000 : time)
}

/** NaN for what is no number. */
function number(value: Json | undefined): number {
  if (typeof value === 'string' && value.trim() !== '') return Number(value)
  return typeof value === 'number' ? value : Number.NaN
}

/** The last moment that RFC 3339 can write. */
const LAST_MS = Date.UTC(9999, 11, 31)

function asTime(ms: number): number | undefined {
  return ms > 0 && ms <= LAST_MS ? Math.floor(ms) : undefined
}

/** Counts brackets outside strings, so that it needs no stack. The text must be valid JSON. */
function isDeeperThan(json: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at)
    if (inString) {
      if (character === BACKSLASH) at++
      else if (character === QUOTE) inString = false
    } else if (character === QUOTE) inString = true
    else if (character === OPEN_OBJECT || character === OPEN_LIST) {
      if (++depth > limit) return true
    } else if (character === CLOSE_OBJECT || character === CLOSE_LIST) depth--
  }
  return false
}

const QUOTE = 34
const BACKSLASH = 92
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
