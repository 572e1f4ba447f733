import type { ErrorObject } from 'ajv'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { type Finding, pathOf } from './finding.ts'
import { describe, oneOf } from './wording.ts'

/** One of ajv's errors, and what it comes to for people. */
export interface Judged {
  readonly error: ErrorObject
  readonly findings: readonly Finding[]
}

/**
 * What is wrong with a value that fits none of several alternatives: where one of them was clearly meant, what that
 * one misses; otherwise, which ones there are.
 */
export function reduceUnion(union: ErrorObject, children: readonly Judged[]): readonly Finding[] {
  const schemas = branchesOf(union)
  const branches = schemas.map((_, index) => {
    const prefix = `${union.schemaPath}/${index}/`
    return children.filter(({ error }) => error.schemaPath.startsWith(prefix))
  })
  const meant = branches.filter((branch) => !branch.some((child) => isOtherKind(child, union)))
  const [best = []] = meant.toSorted((a, b) => cost(a) - cost(b))
  if (best.length === 0) return [{ path: pathOf(union.instancePath), message: choice(union) }]
  const tags = meant.flat().filter(isTag)
  const [tag] = best.filter(isTag)
  return tag ? wrongTag(tag, tags) : best.flatMap(({ findings }) => findings)
}

function branchesOf({ schema }: ErrorObject): readonly JsonObject[] {
  return Array.isArray(schema) ? schema.filter(isObject) : []
}

function isOtherKind({ error }: Judged, union: ErrorObject): boolean {
  const isAbout = error.instancePath === union.instancePath
  return isAbout && ['type', 'const', 'enum'].includes(error.keyword)
}

/** A property whose fixed value tells the alternatives apart. */
function isTag({ error }: Judged): boolean {
  return error.keyword === 'const'
}

function cost(branch: readonly Judged[]): number {
  return branch.length + (branch.some(isTag) ? 1000 : 0)
}

function wrongTag({ error }: Judged, tags: readonly Judged[]): readonly Finding[] {
  const same = tags.filter((tag) => tag.error.instancePath === error.instancePath)
  const allowed: readonly Json[] = same.map((tag) => tag.error.params.allowedValue)
  return [{ path: pathOf(error.instancePath), message: oneOf([...new Set(allowed)], error.data) }]
}

function choice(union: ErrorObject): string {
  const schemas = branchesOf(union)
  const constants = schemas.flatMap((branch) => (branch.const === undefined ? [] : [branch.const]))
  if (constants.length === schemas.length) return oneOf(constants, union.data)
  return `must be ${[...new Set(schemas.map(describe))].join(', or ')}`
}
