import { isObject } from '../event.ts'
import type { ReasonWords } from '../reason-words.ts'
import { parseAddress, parseCidr } from './cidr.ts'
import { caseless, fold } from './ignore-case.ts'
import { parseNumeric } from './numeric.ts'
import { matchesWildcard, parseWildcard } from './wildcard.ts'

/** What a condition judges: an event's value that is neither an object nor a list. */
export type Leaf = string | number | boolean | null

/** What a condition is told in beside the file's own words. */
export type ConditionWords = Pick<ReasonWords, 'inAnyCase' | 'anythingBut' | 'number'>

/** In these two conditions are told alike only where they are alike, however people are told of them. */
export const identity: ConditionWords = {
  inAnyCase: (condition) => `in any case ${condition}`,
  anythingBut: (conditions) => `anything but ${conditions}`,
  number: (range) => `number ${range}`,
}

/** One entry of a list in a pattern: a value, or an operator. */
export interface Condition {
  text(say: ConditionWords): string
  matches(leaf: Leaf): boolean
  /** Where an index finds the leaves that match, and maybe a few more. Without one, any leaf may match. */
  readonly lookup?: Lookup
}

export type Lookup =
  | { readonly by: 'value'; readonly key: Leaf }
  | { readonly by: 'folded' | 'address' | 'prefix' | 'suffix'; readonly key: string }

/** A condition, or a string that says what is wrong with what was written. */
type Parsed = Condition | string
type Operator = (operand: unknown) => Parsed

/** `{exists: false}`: no leaf matches it; the lack of one does. */
export const absent: Condition = { text: () => 'absent', matches: () => false }
const present: Condition = { text: () => 'present', matches: () => true }

const operators = new Map<string, Operator>([
  [
    'exactly',
    ofText((text) => ({ ...equals(text), text: () => `exactly ${JSON.stringify(text)}` })),
  ],
  ['prefix', ofText(startsWith, startsWithInAnyCase)],
  ['suffix', ofText(endsWith, endsWithInAnyCase)],
  ['equals-ignore-case', ofText(equalsInAnyCase)],
  ['wildcard', ofText(fitsWildcard)],
  ['anything-but', anythingBut],
  ['numeric', isNumeric],
  ['exists', exists],
  ['cidr', ofText(isInCidr)],
])

const negatable = new Map<string, (text: string) => Parsed>([
  ['prefix', (text) => (text === '' ? 'must not be empty here' : startsWith(text))],
  ['suffix', (text) => (text === '' ? 'must not be empty here' : endsWith(text))],
  ['equals-ignore-case', equalsInAnyCase],
  ['wildcard', fitsWildcard],
])

export function isOperator(name: string): boolean {
  return operators.has(name)
}

export function isLeaf(value: unknown): value is Leaf {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  )
}

/** A plain value of a pattern. A text that is an IP address matches each way of writing that address. */
export function isValue(value: Leaf): Condition {
  const address = typeof value === 'string' ? parseAddress(value) : undefined
  if (address === undefined) return equals(value)
  return {
    text: () => JSON.stringify(value),
    matches: (leaf) => typeof leaf === 'string' && parseAddress(leaf) === address,
    lookup: { by: 'address', key: address },
  }
}

/** An operator of a pattern, such as `{prefix: "A"}`. */
export function parseOperator(name: string, operand: unknown): Parsed {
  const parse = operators.get(name)
  if (parse === undefined) {
    return `unknown operator ${JSON.stringify(name)}; there are ${[...operators.keys()].join(', ')}`
  }
  return parse(operand)
}

function equals(value: Leaf): Condition {
  return {
    text: () => JSON.stringify(value),
    matches: (leaf) => leaf === value,
    lookup: { by: 'value', key: value },
  }
}

function startsWith(text: string): Condition {
  return {
    text: () => `prefix ${JSON.stringify(text)}`,
    matches: (leaf) => typeof leaf === 'string' && leaf.startsWith(text),
    lookup: { by: 'prefix', key: text },
  }
}

function endsWith(text: string): Condition {
  return {
    text: () => `suffix ${JSON.stringify(text)}`,
    matches: (leaf) => typeof leaf === 'string' && leaf.endsWith(text),
    lookup: { by: 'suffix', key: text },
  }
}

function equalsInAnyCase(text: string): Condition {
  const wanted = caseless(text)
  return {
    text: (say) => say.inAnyCase(JSON.stringify(text)),
    matches: (leaf) => typeof leaf === 'string' && wanted.equals(leaf),
    lookup: { by: 'folded', key: fold(text) },
  }
}

function startsWithInAnyCase(text: string): Condition {
  const wanted = caseless(text)
  return {
    text: (say) => say.inAnyCase(`prefix ${JSON.stringify(text)}`),
    matches: (leaf) => typeof leaf === 'string' && wanted.startsWith(leaf),
  }
}

function endsWithInAnyCase(text: string): Condition {
  const wanted = caseless(text)
  return {
    text: (say) => say.inAnyCase(`suffix ${JSON.stringify(text)}`),
    matches: (leaf) => typeof leaf === 'string' && wanted.endsWith(leaf),
  }
}

function fitsWildcard(wildcard: string): Parsed {
  const parts = parseWildcard(wildcard)
  if (typeof parts === 'string') return parts
  const head = parts[0] ?? ''
  return {
    text: () => `wildcard ${JSON.stringify(wildcard)}`,
    matches: (leaf) => typeof leaf === 'string' && matchesWildcard(parts, leaf),
    lookup: head ? { by: 'prefix', key: head } : { by: 'suffix', key: parts.at(-1) ?? '' },
  }
}

function isInCidr(cidr: string): Parsed {
  const includes = parseCidr(cidr)
  if (typeof includes === 'string') return includes
  return {
    text: () => `cidr ${cidr}`,
    matches: (leaf) => {
      const address = typeof leaf === 'string' ? parseAddress(leaf) : undefined
      return address !== undefined && includes(address)
    },
  }
}

function isNumeric(operand: unknown): Parsed {
  const range = parseNumeric(operand)
  if (typeof range === 'string') return range
  return {
    text: (say) => say.number(range.text),
    matches: (leaf) => typeof leaf === 'number' && range.includes(leaf),
  }
}

function exists(operand: unknown): Parsed {
  if (typeof operand !== 'boolean') return 'takes true or false'
  return operand ? present : absent
}

function anythingBut(operand: unknown): Parsed {
  if (isObject(operand)) return anythingButLike(operand)
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand]
  const texts = values.every((value) => typeof value === 'string')
  const numbers = values.every((value) => typeof value === 'number' && Number.isFinite(value))
  if (values.length === 0 || !(texts || numbers)) {
    return 'takes a string, a number, a list of strings or a list of numbers'
  }
  const excluded = new Set(values)
  return {
    text: (say) => say.anythingBut(values.map((value) => JSON.stringify(value)).join(', ')),
    matches: (leaf) => !excluded.has(leaf),
  }
}

/** What is not a string has no prefix and fits no wildcard, so `anything-but` matches it. */
function anythingButLike(operand: Readonly<Record<string, unknown>>): Parsed {
  const [[name, wanted] = ['', undefined], ...more] = Object.entries(operand)
  const parse = negatable.get(name)
  if (parse === undefined || more.length > 0) {
    return `takes one of ${[...negatable.keys()].join(', ')}`
  }
  const texts: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
  if (texts.length === 0) return `${name} must not be an empty list`
  const excluded: Condition[] = []
  for (const text of texts) {
    const condition = typeof text === 'string' ? parse(text) : 'takes a string or a list of strings'
    if (typeof condition === 'string') return `${name} ${condition}`
    excluded.push(condition)
  }
  return {
    text: (say) => say.anythingBut(excluded.map(({ text }) => text(say)).join(', ')),
    matches: (leaf) => !excluded.some((condition) => condition.matches(leaf)),
  }
}

function ofText(
  make: (text: string) => Parsed,
  makeInAnyCase?: (text: string) => Condition,
): Operator {
  return (operand) => {
    if (typeof operand === 'string') return make(operand)
    if (makeInAnyCase === undefined) return 'takes a string'
    if (!isObject(operand)) return 'takes a string, or {equals-ignore-case: a string}'
    const [[name, text] = ['', undefined], ...more] = Object.entries(operand)
    if (name !== 'equals-ignore-case' || typeof text !== 'string' || more.length > 0) {
      return 'takes a string, or {equals-ignore-case: a string}'
    }
    return makeInAnyCase(text)
  }
}
