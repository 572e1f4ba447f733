import type { ErrorObject } from 'ajv'
import { type Finding, type Path, pathKey, pathOf, withoutEffects } from './finding.ts'

/**
 * Which of ajv's errors hold whatever the unknown parts of a value will be. Such a part is there as its reference
 * (`${VAR}`), which need not look like what it stands for. So an error counts only if no such part is in what was judged:
 * by a condition or a choice (`if`, `anyOf`), all that hangs on it.
 */
export function isCertain(unknown: readonly Path[]): (error: ErrorObject) => boolean {
  return ({ schemaPath, instancePath }) => {
    const { depth, keyword } = firstJudge(schemaPath)
    const judged = pathOf(instancePath).slice(0, depth)
    return unknown.every((path) => {
      if (judged.some((part, index) => part !== path[index])) return true
      return OF_FORM.has(keyword) && path.length > judged.length
    })
  }
}

/** They ask what kind of value it is and which keys it has or how many, not what these hold. */
const OF_FORM: ReadonlySet<string> = new Set([
  ...['type', 'required', 'additionalProperties', 'propertyNames'],
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

/** Without those that are about something unknown. Its key is known. */
export function withoutUnknown(
  findings: readonly Finding[],
  unknown: readonly Path[],
): readonly Finding[] {
  const causes = unknown.map((path) => ({ path, message: '' }))
  const certain = new Set(withoutEffects(findings, causes))
  const keys = new Set(unknown.map(pathKey))
  return findings.filter((finding) => certain.has(finding) || isKeyOf(keys, finding))
}

function isKeyOf(keys: ReadonlySet<string>, { path, onKey = false }: Finding): boolean {
  return onKey && keys.has(pathKey(path))
}

/** Without those that are about a condition of a route's `match` which holds something unknown. */
export function withoutAroundUnknown(
  findings: readonly Finding[],
  unknown: readonly Path[],
): readonly Finding[] {
  const conditions = unknown.filter(([section, , option]) => {
    return section === 'routes' && option === 'match'
  })
  const around = new Set(
    conditions.flatMap((path) => path.map((_, depth) => pathKey(path.slice(0, depth)))),
  )
  return findings.filter(({ path }) => path.length < 4 || !around.has(pathKey(path)))
}
