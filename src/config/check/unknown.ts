import type { ErrorObject } from 'ajv'
import type { JsonObject } from '../../core/event.ts'
import { type Finding, type Path, pathKey, pathOf } from './finding.ts'
import { alternatives, itemSchemas, propertySchemas } from './schema-walk.ts'
import { describe } from './wording.ts'

/**
 * Which of ajv's errors hold whatever the unknown parts of a value will be. Such a part is there as its reference
 * (`${VAR}`), which need not look like what it stands for, but is a text as well. So an error that is not about the kind
 * of a value counts only if no such part is in what was judged: by a condition or a choice (`if`, `anyOf`), all that hangs
 * on it.
 */
export function isCertain(unknown: readonly Path[]): (error: ErrorObject) => boolean {
  return ({ schemaPath, instancePath }) => {
    const { depth, keyword } = firstJudge(schemaPath)
    const judged = pathOf(instancePath).slice(0, depth)
    return unknown.every((path) => {
      if (judged.some((part, index) => part !== path[index])) return true
      return keyword === 'type' || (OF_FORM.has(keyword) && path.length > judged.length)
    })
  }
}

/** They ask which keys a value has or how many, not what these hold. */
const OF_FORM: ReadonlySet<string> = new Set([
  ...['required', 'additionalProperties', 'propertyNames'],
  ...['minProperties', 'maxProperties', 'minItems', 'maxItems'],
])

/** Keywords that lead on in any case: how many parts of the schema's path they take, and of the value's. */
const LEADS: Readonly<Record<string, readonly [number, number]>> = {
  properties: [2, 1],
  patternProperties: [2, 1],
  additionalProperties: [1, 1],
  items: [1, 1],
  allOf: [2, 0],
}

/** The first keyword on the way to an error that may judge one way or another, and how deep in the value it stands. */
function firstJudge(schemaPath: string): { readonly keyword: string; readonly depth: number } {
  const parts = schemaPath.split('/').slice(1)
  let [at, depth] = [0, 0]
  while (at < parts.length - 1) {
    const lead = LEADS[parts[at] ?? '']
    if (lead === undefined) break
    at += lead[0]
    depth += lead[1]
  }
  return { keyword: parts[at] ?? '', depth }
}

/** Findings that hold whatever the unknown values will be. A key is known. */
export function withoutUnknown(
  findings: readonly Finding[],
  unknown: readonly Path[],
): readonly Finding[] {
  const open = new Set(unknown.flatMap((path) => [path, ...conditionsAround(path)]).map(pathKey))
  return findings.filter(({ path, onKey = false }) => onKey || !open.has(pathKey(path)))
}

/** What a route's `match` asks for hangs on each of the texts in it. */
function conditionsAround(path: Path): readonly Path[] {
  const [section, , option, ...within] = path
  if (section !== 'routes' || option !== 'match') return []
  return within.map((_, index) => path.slice(0, index + 3)).filter(({ length }) => length > 3)
}

/** Where no text can stand, by the schema of the whole file: what comes from outside is always one. */
export function notTexts(references: readonly Path[], schema: JsonObject): Finding[] {
  return references.flatMap((path) => {
    const schemas = path.reduce(schemasWithin, [schema]).flatMap(alternatives)
    if (schemas.length === 0 || schemas.some(takesText)) return []
    const kinds = [...new Set(schemas.map(describe))].join(', or ')
    const message = `must be ${kinds}: write it out, for \${…} only ever gives a text`
    return [{ path, message, isFixed: true }]
  })
}

function schemasWithin(outer: readonly JsonObject[], name: string): JsonObject[] {
  return outer.flatMap((schema) => [...propertySchemas(schema, name), ...itemSchemas(schema)])
}

function takesText(schema: JsonObject): boolean {
  if (schema.const !== undefined) return typeof schema.const === 'string'
  return schema.type === undefined || [schema.type].flat().includes('string')
}
