import { endOfString, endOfValue, skipSpace, stringOf } from './json-text.ts'

/** Shows people an event without some of its fields. Receivers get all of it, as ever. */
export interface Redaction {
  /** Names of fields: wherever in a callback they stand, and whatever they hold. */
  readonly fields: ReadonlySet<string>
  /** A JSON text with `"[redacted]"` for what these fields hold; the rest of it to the letter. */
  json(text: string): string
  /** For texts that may tell what an event's fields hold: why no route matches, what a receiver is sent or answers. */
  about(event: { readonly raw: string }): (text: string) => string
}

/** What is shown in place of a value. */
export const REDACTED = '[redacted]'

/** Of an event that hides more than these, nothing is told but its body: each is looked for in each text. */
const MOST_VALUES = 200

export function createRedaction(names: readonly string[]): Redaction {
  const fields = new Set(names)
  if (fields.size === 0) return { fields, json: (text) => text, about: () => (text) => text }
  const redactIfJson = (text: string) => (isJson(text) ? redact(text, fields) : text)
  return {
    fields,
    // What cannot be read cannot be known to be harmless.
    json: (text) => (isJson(text) ? redact(text, fields) : JSON.stringify(REDACTED)),
    about({ raw }) {
      const values = new Set(isJson(raw) ? valuesIn(raw, fields) : [])
      if (values.size > MOST_VALUES) return () => REDACTED
      const longestFirst = [...values].toSorted((a, b) => b.length - a.length)
      return (text) => longestFirst.reduce(hideValue, redactIfJson(text))
    },
  }
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

/** Everything that the fields hold, at any depth. */
function valuesIn(json: string, fields: ReadonlySet<string>): string[] {
  return [...spansIn(json, fields)].flatMap(({ start, end, inner }) => {
    return inner === undefined ? leavesIn(json.slice(start, end)) : valuesIn(inner, fields)
  })
}

/** As JSON texts. */
function leavesIn(json: string): string[] {
  const leaves: string[] = []
  for (let at = 0; at < json.length; at++) {
    if (/[\s{}[\]:,]/.test(json.charAt(at))) continue
    const end = endOfValue(json, at)
    if (json[skipSpace(json, end)] !== ':') leaves.push(json.slice(at, end))
    at = end - 1
  }
  return leaves
}

/** A short value only where it stands alone or in quotes: elsewhere it might be part of a word. */
function hideValue(text: string, leaf: string): string {
  if (leaf === 'null' || leaf === '""') return text
  const isString = leaf.startsWith('"')
  const value = isString ? stringOf(leaf) : leaf
  const quoted = text.replaceAll(JSON.stringify(value), JSON.stringify(REDACTED))
  if (value.length > 3 && leaf !== 'true') return quoted.replaceAll(value, REDACTED)
  return isString ? quoted : quoted.replaceAll(alone(value), REDACTED)
}

function alone(value: string): RegExp {
  return new RegExp(`(?<![\\w.])${value.replaceAll(/[.+]/g, '\\$&')}(?![\\w.])`, 'g')
}
