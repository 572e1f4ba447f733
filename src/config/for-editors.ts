import { isObject, type Json, type JsonObject } from '../core/event.ts'

/** A schema of what is written: in the words that editors know, and with `${VAR}` wherever a text may stand. */
export function forEditors(schema: JsonObject): JsonObject {
  return orReferences(inKnownWords(schema))
}

/**
 * `writeOnly` for a secret, nothing of draft 2019-09, and what has a default need not be there.
 */
function inKnownWords(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    if (key === 'unevaluatedProperties') return []
    if (key === 'secret' && value === true) return [['writeOnly', true]]
    if (key === 'required' && Array.isArray(value)) return [[key, withoutDefaults(value, schema)]]
    return [[key, inside(value, inKnownWords)]]
  })
  return Object.fromEntries(entries)
}

export function withoutDefaults(required: readonly Json[], { properties }: JsonObject): Json[] {
  const known = isObject(properties) ? properties : {}
  return required.filter((name) => {
    const property = typeof name === 'string' ? known[name] : undefined
    return !isObject(property) || !('default' in property)
  })
}

/** What the environment fills in is of no form yet. */
const REFERENCE = { type: 'string', pattern: '\\$\\{' }

/** These hold conditions, keys and values, which are as they are. */
const KEPT = ['if', 'not', 'propertyNames', 'const', 'enum', 'default', 'examples']

function orReferences(schema: JsonObject): JsonObject {
  if (isFormedText(schema)) return orReference(schema)
  const { anyOf } = schema
  const entries = Object.entries(schema).map(([key, value]): [string, Json] => {
    return [key, KEPT.includes(key) ? value : inside(value, orReferences)]
  })
  const others = Object.fromEntries(entries)
  if (!Array.isArray(anyOf) || !anyOf.some(isFormedText)) return others
  const alternatives = anyOf.map((one) => (isFormedText(one) ? one : inside(one, orReferences)))
  return { ...others, anyOf: [...alternatives, REFERENCE] }
}

/** What editors show stays outside. */
function orReference(schema: JsonObject): JsonObject {
  const isShown = ([key]: readonly [string, Json]) =>
    ['description', 'default', 'examples', 'writeOnly'].includes(key)
  const entries = Object.entries(schema)
  const form = Object.fromEntries(entries.filter((entry) => !isShown(entry)))
  return { ...Object.fromEntries(entries.filter(isShown)), anyOf: [form, REFERENCE] }
}

function isFormedText(schema: Json): boolean {
  if (!isObject(schema)) return false
  const { type, pattern, format } = schema
  const values = Array.isArray(schema.enum) ? schema.enum : [schema.const]
  if (values.every((value) => typeof value === 'string')) return true
  return type === 'string' && (typeof pattern === 'string' || typeof format === 'string')
}

function inside(value: Json, change: (schema: JsonObject) => JsonObject): Json {
  if (Array.isArray(value)) return value.map((one) => (isObject(one) ? change(one) : one))
  return isObject(value) ? change(value) : value
}
