import type { ErrorObject } from 'ajv'
import { closest, didYouMean } from '../../core/suggest.ts'
import { beneath, type Finding, type Path, pathKey, pathOf } from './finding.ts'
import { knownKeys } from './schema-walk.ts'
import { type Judged, reduceUnion } from './union.ts'
import { messageFor } from './wording.ts'

/** ajv's errors (verbose, allErrors) as sentences for people: one a value. Never shows a value. */
export function findingsOf(errors: readonly ErrorObject[]): Finding[] {
  const judged: Judged[] = []
  for (const error of errors) {
    if (error.keyword === 'anyOf' || error.keyword === 'oneOf') {
      // ajv reports the errors of the alternatives right before that of the union.
      const start = judged.findLastIndex((child) => !isWithin(child.error, error)) + 1
      judged.push({ error, findings: reduceUnion(error, judged.splice(start)) })
    } else {
      judged.push({ error, findings: findingOf(error) })
    }
  }
  const misspelt = new Set(errors.flatMap(meantKey))
  const findings = judged.flatMap((one) => one.findings)
  const causes = findings.filter(
    ({ path, message }) => message !== LACK || !misspelt.has(pathKey(path)),
  )
  return firstOfEach(causes).map((finding) => ({ ...finding, isFixed: true }))
}

/** The path of the key that an unknown one was meant to be: that it is missing needs no saying. */
function meantKey({ keyword, instancePath, params, parentSchema }: ErrorObject): readonly string[] {
  if (keyword !== 'additionalProperties') return []
  const meant = closest(params.additionalProperty, knownKeys(parentSchema ?? {}))
  return meant === undefined ? [] : [pathKey([...pathOf(instancePath), meant])]
}

function isWithin(child: ErrorObject, union: ErrorObject): boolean {
  return (
    child.schemaPath.startsWith(`${union.schemaPath}/`) &&
    child.instancePath.startsWith(union.instancePath)
  )
}

function firstOfEach(findings: readonly Finding[]): Finding[] {
  const byPath = new Map<string, Finding>()
  for (const finding of findings) {
    const key = JSON.stringify(finding.path)
    if (!byPath.has(key)) byPath.set(key, finding)
  }
  return [...byPath.values()]
}

function findingOf(error: ErrorObject): readonly Finding[] {
  const path = pathOf(error.instancePath)
  switch (error.keyword) {
    case 'required':
      return beneath(path, [{ path: [error.params.missingProperty], message: LACK }])
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(path, error)
    case 'secret':
      return blanks(path, error.data)
    case 'if':
    case 'propertyNames':
      return []
    default:
      return error.propertyName === undefined
        ? [{ path, message: messageFor(error) }]
        : [{ path: [...path, error.propertyName], message: messageFor(error), onKey: true }]
  }
}

const LACK = 'is required'

/** Whether a problem is that something is not there. */
export function isLack(problem: string): boolean {
  return problem.endsWith(`: ${LACK}`)
}

/** A secret may be a list of them. */
function blanks(path: Path, data: unknown): readonly Finding[] {
  if (!Array.isArray(data)) return [{ path, message: 'is empty' }]
  return data.flatMap((item, index) => (isBlank(item) ? blanks([...path, `${index}`], item) : []))
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === ''
}

function unknownKey(path: Path, { params, parentSchema }: ErrorObject): readonly Finding[] {
  const key: string = params.additionalProperty ?? params.unevaluatedProperty
  const known = knownKeys(parentSchema ?? {})
  // A key is unevaluated as well when what it holds is wrong, which is said elsewhere.
  if (known.includes(key)) return []
  const hint = didYouMean(key, known)
  return [{ path: [...path, key], message: `unknown key${hint}`, onKey: true }]
}
