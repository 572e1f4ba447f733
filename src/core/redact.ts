import { dataOf, type Event } from './event.ts'
import { endOfString, endOfValue, skipSpace, stringOf } from './json-text.ts'
import { createTeller, type Teller } from './telltale.ts'

/**
 * Shows people an event without some of its fields, by two rules: in its JSON a field is hidden by its name; a text about
 * it that tells what such a field holds is hidden as a whole. Receivers get all of it, as ever.
 */
export interface Redaction {
  /** Names of fields: wherever in a callback they stand, and whatever they hold. */
  readonly fields: ReadonlySet<string>
  /** A JSON text with `"[redacted]"` for what these fields hold; the rest of it to the letter. */
  json(text: string): string
  /** The event as people may see it: all that is made of it tells nothing. */
  event(event: Event): Event
  /** For texts about an event: an error, a receiver's answer, a problem. Of one that is not known nothing is told. */
  about(event: Pick<Event, 'raw'> | undefined): (text: string) => string
}

/** What is shown in place of a value. */
export const REDACTED = '[redacted]'

export function createRedaction(names: readonly string[]): Redaction {
  const fields = new Set(names)
  if (fields.size === 0) {
    return { fields, json: (text) => text, event: (event) => event, about: () => (text) => text }
  }
  // What cannot be read cannot be known to be harmless.
  const json = (text: string) => (isJson(text) ? redact(text, fields) : JSON.stringify(REDACTED))
  return {
    fields,
    json,
    event(event) {
      const raw = json(event.raw)
      const appId = fields.has('app_id') ? REDACTED : event.appId
      const tenantKey = fields.has('tenant_key') ? REDACTED : event.tenantKey
      return { ...event, appId, tenantKey, data: dataOf(raw), raw }
    },
    about(event) {
      let tells: Teller | undefined
      return (text) => {
        if (text === '' || isOurs(text)) return text
        tells ??= event ? createTeller(hiddenIn(event.raw, fields)) : () => true
        return tells(text) ? REDACTED : text
      }
    },
  }
}

const OURS = [
  String.raw`HTTP \d+`,
  'timed out',
  String.raw`no answer within \d+ ms`,
  'the connection failed: (?:[A-Z_]+|broken off)',
  String.raw`gone \(410\): the receiver wants no more events at this url`,
  String.raw`redirected \(\d+\): set the sink's url to the final address`,
  String.raw`gave up: \d+ times the gateway or the receiver ended while it held this`,
]
const OWN_TEXT = new RegExp(`^(?:gave up after \\d+ attempts?: )?(?:${OURS.join('|')})$`)

/** What the gateway itself says of an attempt, which holds nothing of an event. */
function isOurs(text: string): boolean {
  return OWN_TEXT.test(text)
}

interface Span {
  readonly start: number
  readonly end: number
  /** The JSON text that a string holds; undefined of what is left out as a whole. */
  readonly inner?: string
}

/** Text in, text out: parsing would round long numbers, and recursion would end in an event of many brackets. */
function redact(json: string, fields: ReadonlySet<string>): string {
  let shown = ''
  let copied = 0
  for (const { start, end, inner } of spansIn(json, fields)) {
    const value = inner === undefined ? REDACTED : redact(inner, fields)
    if (value === inner) continue
    shown += json.slice(copied, start) + JSON.stringify(value)
    copied = end
  }
  return shown + json.slice(copied)
}

/** What the fields hold, and the strings that are JSON themselves, as an approval's form is. In the order of the text. */
function* spansIn(json: string, fields: ReadonlySet<string>): Iterable<Span> {
  for (let at = json.indexOf('"'); at !== -1; at = json.indexOf('"', at)) {
    const end = endOfString(json, at)
    const literal = json.slice(at, end)
    const colon = skipSpace(json, end)
    if (json[colon] !== ':') {
      const inner = innerJson(literal)
      if (inner !== undefined) yield { start: at, end, inner }
      at = end
    } else if (fields.has(stringOf(literal))) {
      const start = skipSpace(json, colon + 1)
      at = endOfValue(json, start)
      yield { start, end: at }
    } else at = colon + 1
  }
}

/** An object or a list that is written as a string; it has quotes in it, or nothing that has a name. */
function innerJson(literal: string): string | undefined {
  if (!literal.includes('\\')) return undefined
  const text = stringOf(literal)
  return isJson(text) ? text : undefined
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The strings and the numbers that the fields hold, at any depth, and the keys there. */
function* hiddenIn(raw: string, fields: ReadonlySet<string>): Iterable<string> {
  if (!isJson(raw)) return
  for (const { start, end, inner } of spansIn(raw, fields)) {
    if (inner === undefined) yield* textsIn(raw.slice(start, end))
    else yield* hiddenIn(inner, fields)
  }
}

function* textsIn(json: string): Iterable<string> {
  for (let at = 0; at < json.length; at++) {
    if (/[\s{}[\]:,]/.test(json.charAt(at))) continue
    const end = endOfValue(json, at)
    const leaf = json.slice(at, end)
    at = end - 1
    if (leaf.startsWith('"')) {
      yield stringOf(leaf)
      const inner = innerJson(leaf)
      if (inner !== undefined) yield* textsIn(inner)
    } else if (/^[-\d]/.test(leaf)) {
      // As it is written, and as whoever has parsed it writes it.
      yield leaf
      yield String(Number(leaf))
    }
  }
}
