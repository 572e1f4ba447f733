import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { didYouMean } from '../../core/suggest.ts'
import type { Finding, Path } from './finding.ts'
import { alternatives, itemSchemas, knownKeys, propertySchemas } from './schema-walk.ts'

/** The events that a route may see, as far as schemas describe them. */
export interface Events {
  readonly schemas: readonly JsonObject[]
  /** Whether each of their types has a schema. */
  readonly isComplete: boolean
}

export interface MatchFindings {
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** One condition of a pattern. */
interface Leaf {
  /** Where in the pattern it stands. */
  readonly path: Path
  /** The keys that lead to what it judges in an event. */
  readonly field: Path
  readonly value: Json
}

const text = { type: 'string' }

/** What is always there, whatever the event. */
const frame = { type: 'object', properties: { type: text, app_id: text, tenant_key: text } }

/** What is wrong with a pattern, in itself in order, for the events that it will be asked about. */
export function checkMatch(pattern: JsonObject, events: Events): MatchFindings {
  const schemas = [frame, ...events.schemas]
  const checked = leavesOf(pattern, [], []).map((leaf) => checkLeaf(leaf, schemas))
  const unknown = events.isComplete ? checked.flatMap(({ warnings }) => warnings) : []
  return {
    findings: checked.flatMap(({ findings }) => findings),
    warnings: [...unknown, ...replacedConditions(pattern, [])],
  }
}

/** Fields of an event that somebody has written which look like one that its schema has, misspelt. */
export function misspeltIn(data: JsonObject, schema: JsonObject): readonly string[] {
  const schemas = [frame, schema]
  const unknown = leavesOf(data, [], []).filter(
    ({ field }) => schemasOf(field, schemas).length === 0,
  )
  return unknown.flatMap(({ field }) => {
    const hint = hintFor(field, schemas)
    return hint === '' ? [] : [noSuchField(field, hint)]
  })
}

function leavesOf(pattern: JsonObject, path: Path, field: Path): Leaf[] {
  return Object.entries(pattern).flatMap(([key, value]): Leaf[] => {
    const at = [...path, key]
    if (key === '$or' && isChoice(value)) return choiceLeaves(value, at, field)
    const inner = [...field, ...key.split('.')]
    return isObject(value) ? leavesOf(value, at, inner) : [{ path: at, field: inner, value }]
  })
}

function choiceLeaves(choices: readonly JsonObject[], path: Path, field: Path): Leaf[] {
  return choices.flatMap((choice, index) => leavesOf(choice, [...path, String(index)], field))
}

/** Whether what stands under `$or` is a choice between patterns: one alone is a field of that name. */
export function isChoice(value: Json | undefined): value is readonly JsonObject[] {
  return Array.isArray(value) && value.length > 1 && value.every(isObject)
}

function checkLeaf({ path, field, value }: Leaf, schemas: readonly JsonObject[]): MatchFindings {
  const found = schemasOf(field, schemas)
  if (found.length > 0) {
    return { findings: isText(found) ? notTexts(value, path, field) : [], warnings: [] }
  }
  const message = noSuchField(field, hintFor(field, schemas))
  return { findings: [], warnings: [{ path, message, onKey: true }] }
}

function noSuchField(field: Path, hint: string): string {
  return `no accepted event has ${field.join('.')}${hint}`
}

function hintFor(field: Path, schemas: readonly JsonObject[]): string {
  const around = schemasOf(field.slice(0, -1), schemas).flatMap((schema) =>
    [schema, ...itemSchemas(schema)].flatMap(knownKeys),
  )
  return didYouMean(field.at(-1) ?? '', around)
}

/** The schemas of what these keys lead to, through lists as well. */
function schemasOf(field: Path, schemas: readonly JsonObject[]): readonly JsonObject[] {
  return field.reduce<readonly JsonObject[]>((outer, name) => {
    return outer
      .flatMap((schema) => [schema, ...itemSchemas(schema)])
      .flatMap((object) => (isOpen(object) ? [object] : propertySchemas(object, name)))
  }, schemas)
}

/** It says nothing of what may be there. */
function isOpen(schema: JsonObject): boolean {
  return alternatives(schema).every(({ type }) => type === undefined)
}

function isText(schemas: readonly JsonObject[]): boolean {
  const kinds = schemas
    .flatMap(alternatives)
    .flatMap((schema) => (schema.type === 'array' ? itemSchemas(schema) : [schema]))
    .flatMap(({ type }) => type ?? 'anything')
  return kinds.includes('string') && kinds.every((kind) => kind === 'string' || kind === 'null')
}

/** What is written without quotes, so that YAML reads a number or a boolean where only strings occur. */
function notTexts(value: Json, path: Path, field: Path): Finding[] {
  const name = field.join('.')
  if (typeof value === 'number' || typeof value === 'boolean') {
    const kind = typeof value === 'number' ? 'a number' : 'true or false'
    return [{ path, message: `is ${kind}, but ${name} is a string: put it in quotes` }]
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => notTexts(item, [...path, String(index)], field))
  }
  if (!isObject(value)) return []
  const but = value['anything-but']
  if (but !== undefined) return notTexts(but, [...path, 'anything-but'], field)
  if (value.numeric === undefined) return []
  const message = `compares numbers, but ${name} is a string: it never matches`
  return [{ path: [...path, 'numeric'], message, onKey: true }]
}

/** Conditions on a field that has one beside `$or` and one in it: the later replaces the earlier, against all looks. */
function replacedConditions(pattern: JsonObject, path: Path): Finding[] {
  const { $or, ...rest } = pattern
  if (!isChoice($or)) return nested(pattern, path)
  const beside = new Set(leavesOf(rest, [], []).map(({ field }) => field.join('.')))
  const inside = choiceLeaves($or, [...path, '$or'], [])
  const twice = inside.filter(({ field }) => beside.has(field.join('.')))
  const message = 'has a condition beside $or as well: the later of the two replaces the other'
  return [
    ...twice.map((leaf) => ({ path: leaf.path, message, onKey: true })),
    ...nested(rest, path),
    ...$or.flatMap((choice, index) => replacedConditions(choice, [...path, '$or', String(index)])),
  ]
}

function nested(pattern: JsonObject, path: Path): Finding[] {
  return Object.entries(pattern).flatMap(([key, value]) =>
    isObject(value) ? replacedConditions(value, [...path, key]) : [],
  )
}
