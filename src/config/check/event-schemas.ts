import { ConfigError, messageOf } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { readDocument } from '../text/document.ts'
import { findingsInSchema } from './event-schema.ts'
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
    const wrong = findings.length > 0 ? findings : findingsInSchema(value)
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
