import { ConfigError, type Problem } from '../errors.ts'
import { isObject } from '../event.ts'
import { type Condition, isLeaf, isOperator, isValue, parseOperator } from './condition.ts'
import {
  combine,
  countCombinations,
  createField,
  mostFields,
  type Part,
  type Rule,
} from './rule.ts'

/** How many keys deep a pattern may be, those of `$or` included. */
const maxDepth = 250
const maxFields = 256
const maxCombinations = 1_000_000

/** Besides the operators, what cannot be a field within `$or`: the dialect keeps these for operators to come. */
const reservedNames = new Set([
  ...['=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case'],
  ...['date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range'],
  ...['ip-address-in-range', 'ip-address-not-in-range'],
])

/**
 * Reads an event pattern (the dialect of AWS EventBridge, where a scalar may stand for a list of it) as rules, any of
 * which may match. Throws ConfigError with every problem.
 */
export function parsePattern(pattern: unknown): readonly Rule[] {
  const rules = combine(readParts(pattern))
  if (rules.every((rule) => rule.length <= maxFields)) return rules
  throw new ConfigError([{ path: '', message: `has more than ${maxFields} fields` }])
}

/** Throws what `parsePattern` would throw, mostly without making its rules: there may be a million. */
export function checkRules(pattern: unknown): void {
  if (mostFields(readParts(pattern)) > maxFields) parsePattern(pattern)
}

/** How many rules `parsePattern` would make, without making them. Throws ConfigError, but not for too many fields. */
export function countRules(pattern: unknown): number {
  return countCombinations(readParts(pattern))
}

/** The pattern's fields and choices, in the order in which it has them. Throws ConfigError, but not for too many fields. */
export function readParts(pattern: unknown): readonly Part[] {
  const read = parse(pattern, true)
  if (read.problems.length === 0) return read.parts
  // A pattern with a `$or` that is no choice is read once more, with every `$or` as a key like any other.
  const reread = parse(pattern, false)
  if (reread.problems.length === 0) return reread.parts
  throw new ConfigError(read.problems)
}

/** Where in a pattern something stands, and how it is read there. */
interface Place {
  /** Where problems are: the keys so far, with `$or` and the indices of lists. */
  readonly at: string
  /** The keys so far, as an event has them. */
  readonly path: string
  readonly depth: number
  readonly hasChoices: boolean
  readonly inChoice: boolean
  report(at: string, message: string): void
}

function parse(pattern: unknown, hasChoices: boolean) {
  const problems: Problem[] = []
  const report = (path: string, message: string) => {
    problems.push({ path, message })
  }
  const place = { at: '', path: '', depth: 0, hasChoices, inChoice: false, report }
  const parts = parseObject(pattern, place)
  if (countCombinations(parts) > maxCombinations) {
    report('', `makes more than ${maxCombinations} combinations of its $or; split it`)
  }
  return { parts, problems }
}

function parseObject(value: unknown, place: Place): readonly Part[] {
  if (!isObject(value)) place.report(place.at, 'must be an object')
  else if (Object.keys(value).length === 0) place.report(place.at, 'must not be an empty object')
  else return Object.entries(value).flatMap(([key, child]) => parseEntry(key, child, place))
  return []
}

function parseEntry(key: string, value: unknown, outer: Place): readonly Part[] {
  const at = join(outer.at, key)
  const depth = outer.depth + key.split('.').length
  const isChoice = outer.hasChoices && key === '$or'
  const path = isChoice ? outer.path : join(outer.path, key)
  const place = { ...outer, at, path, depth }
  if (depth > maxDepth) {
    place.report(at, `is nested more than ${maxDepth} deep`)
  } else if (isChoice) {
    return parseChoices(value, place)
  } else if (outer.inChoice && (isOperator(key) || reservedNames.has(key))) {
    place.report(at, 'cannot be a field within $or, as it is the name of an operator')
  } else if (isObject(value)) {
    return parseObject(value, place)
  } else if (Array.isArray(value)) {
    return [createField(place.path, parseList(value, place))]
  } else if (isOperator(key)) {
    place.report(
      at,
      `an operator stands in a list, as in [{${key}: …}]; so does a field of this name`,
    )
  } else {
    return [createField(place.path, parseCondition(value, place))]
  }
  return []
}

function parseChoices(value: unknown, place: Place): readonly Part[] {
  if (!Array.isArray(value) || value.length < 2) {
    place.report(place.at, 'must be a list of two or more patterns')
    return []
  }
  const choices = value.map((choice: unknown, index) =>
    parseObject(choice, { ...place, at: join(place.at, `${index}`), inChoice: true }),
  )
  return [{ choices }]
}

function parseList(values: readonly unknown[], place: Place): readonly Condition[] {
  if (values.length === 0) place.report(place.at, 'must not be an empty list')
  return values.flatMap((value, index) =>
    parseCondition(value, { ...place, at: join(place.at, `${index}`) }),
  )
}

/** One condition, or none where there is a problem. */
function parseCondition(value: unknown, place: Place): readonly Condition[] {
  if (isLeaf(value)) return [isValue(value)]
  if (!isObject(value)) {
    place.report(place.at, 'must be a string, a number, true, false, null or an operator')
    return []
  }
  const [[name, operand] = ['', undefined], ...more] = Object.entries(value)
  if (operand === undefined || more.length > 0) {
    place.report(place.at, 'an operator is an object with exactly one key')
    return []
  }
  const condition = parseOperator(name, operand)
  if (typeof condition !== 'string') return [condition]
  place.report(isOperator(name) ? join(place.at, name) : place.at, condition)
  return []
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
