import * as T from '@sinclair/typebox'
import type { Json, JsonObject } from '../../core/event.ts'
import { closest } from '../../core/suggest.ts'
import type { Finding } from './finding.ts'
import { itemSchemas, knownKeys, propertySchemas } from './schema-walk.ts'

export const redactSchema = T.Array(
  T.String({ pattern: '^[^.\\s]+$', examples: ['user_id', 'from'] }),
  {
    description:
      'Names of payload fields whose values people do not see in the console and the API, wherever in a callback they stand. Receivers get them as ever.',
    maxItems: 1000,
    default: [],
  },
)

/** The names as the file has them. */
export function redactOf(written: Json | undefined): readonly string[] {
  return Array.isArray(written) ? written.filter((name) => typeof name === 'string') : []
}

/** Paths in place of names. */
export function dottedNames(written: Json | undefined): Finding[] {
  return redactOf(written).flatMap((name, index) => {
    const field = /\.([^.\s]+)$/.exec(name)?.[1]
    const message = `must be one field's name, without dots: ${field}`
    return field === undefined ? [] : [{ path: [String(index)], message }]
  })
}

/** What hides less than its author may think: what is not redacted is shown. */
export function weakRedactions(
  written: Json | undefined,
  eventSchemas: readonly JsonObject[],
): Finding[] {
  return [...misspeltFields(written, eventSchemas), ...shownAnyway(written)]
}

/** What people see of an event beside its body, by the names that callbacks have for it. */
const ENVELOPE: Readonly<Record<string, string>> = {
  uuid: 'id',
  event_id: 'id',
  type: 'type',
  event_type: 'type',
  ts: 'time',
  create_time: 'time',
  header: 'id, its type and its time',
  event: 'id, its type and some of its fields',
}

function shownAnyway(written: Json | undefined): Finding[] {
  return redactOf(written).flatMap((name, index) => {
    if (!Object.hasOwn(ENVELOPE, name)) return []
    const message = `hides it in bodies alone: people still see an event's ${ENVELOPE[name]}`
    return [{ path: [String(index)], message }]
  })
}

/** Names that are one letter away from a field of an event. */
function misspeltFields(written: Json | undefined, eventSchemas: readonly JsonObject[]): Finding[] {
  const names = redactOf(written)
  if (names.length === 0) return []
  const known = [...new Set(eventSchemas.flatMap(fieldsIn))]
  return names.flatMap((name, index) => {
    const meant = known.includes(name) ? undefined : closest(name, known, 1)
    const message = `no event is known to have this field; did you mean "${meant}"?`
    return meant === undefined ? [] : [{ path: [String(index)], message }]
  })
}

/** Names of properties, at any depth. */
function fieldsIn(schema: JsonObject): string[] {
  const keys = knownKeys(schema)
  const inner = [...keys.flatMap((key) => propertySchemas(schema, key)), ...itemSchemas(schema)]
  return [...keys, ...inner.flatMap(fieldsIn)]
}
