import { ConfigError, messageOf } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { readDocument } from '../text/document.ts'
import { checkEventSchema } from '../validators.ts'
import type { Finding } from './finding.ts'
import { plainSchema } from './shape.ts'

export interface EventSchemas {
  /** Those that are in order, by event type. */
  readonly schemas: Readonly<Record<string, JsonObject>>
  /** Paths begin with an event type. */
  readonly findings: readonly Finding[]
}

/** The schemas that the section `schemas` names. `read` gives the text of a file, or rejects. */
export async function readSchemas(
  section: Json | undefined,
  read: (path: string) => Promise<string>,
): Promise<EventSchemas> {
  const reading = Object.entries(isObject(section) ? section : {}).flatMap(([type, path]) =>
    typeof path === 'string' && path !== '' ? [readSchema(type, path, read)] : [],
  )
  const found = await Promise.all(reading)
  return {
    schemas: Object.fromEntries(
      found.flatMap(({ type, schema }) => (schema ? [[type, schema] as const] : [])),
    ),
    findings: found.flatMap(({ type, problems }) =>
      problems.map((message) => ({ path: [type], message })),
    ),
  }
}

interface Found {
  readonly type: string
  readonly schema?: JsonObject
  readonly problems: readonly string[]
}

async function readSchema(
  type: string,
  path: string,
  read: (path: string) => Promise<string>,
): Promise<Found> {
  const text = await read(path).catch((error: unknown) => ({ error }))
  if (typeof text !== 'string') {
    const advice = 'name a file beside routes.yaml, with a JSON Schema in it'
    return { type, problems: [`cannot read ${path}: ${messageOf(text.error)}; ${advice}`] }
  }
  try {
    const { value, findings, placeOf, positionAt } = readDocument(text)
    const wrong = findings.length > 0 ? findings : wrongIn(value)
    if (wrong.length === 0 && isObject(value)) {
      return { type, schema: plainSchema(value), problems: [] }
    }
    const problems = wrong.map(({ path: within, message, onKey }) => {
      const place = placeOf(within)
      const { line, column } = positionAt((onKey ? place?.keyFrom : place?.from) ?? 0)
      return `${path}:${line}:${column}  ${[within.join('.'), message].filter(Boolean).join(': ')}`
    })
    return { type, problems }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [{ line = 1, column = 1, message = '' } = {}] = error.problems
    const problem = `${path}:${line}:${column}  is neither JSON nor YAML: ${message}`
    return { type, problems: [problem] }
  }
}

/** What the gateway's JSON Schema can read; a schema need not say which it is. */
const READABLE = /^https?:\/\/json-schema\.org\/(draft-0[67]\/schema|draft\/2019-09\/schema)#?$/

function wrongIn(schema: Json): readonly Finding[] {
  if (!isObject(schema)) return [{ path: [], message: 'must be a JSON Schema, an object' }]
  const { $schema } = schema
  if (typeof $schema === 'string' && !READABLE.test($schema)) {
    const message = 'is a dialect that cannot be read here: write it in draft-07'
    return [{ path: ['$schema'], message }]
  }
  const outside = leadingOutside(schema, [])
  return outside.length > 0 ? outside : checkEventSchema(plainSchema(schema))
}

/** These hold values, which are no schemas. */
const VALUES = ['const', 'enum', 'default', 'examples']

/** A schema is one file, and stands for itself. */
function leadingOutside(value: Json, path: readonly string[]): Finding[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, Json]): Finding[] => {
    const at = [...path, key]
    if (key === '$ref' && typeof inner === 'string' && !inner.startsWith('#')) {
      const message = `leads out of this file: put what it stands for under definitions, and write $ref: "#/definitions/…"`
      return [{ path: at, message }]
    }
    if (key === '$id' && path.length > 0 && typeof inner === 'string') {
      return [{ path: at, message: 'has no meaning here: remove it, and write $ref: "#/…"' }]
    }
    return VALUES.includes(key) ? [] : leadingOutside(inner, at)
  })
}
