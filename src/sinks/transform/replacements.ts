import type { Implementation, Means } from './functions.ts'
import { isFunction, LimitError, type Meter } from './meter.ts'
import type { Pace } from './pace.ts'

type Replace = (own: Implementation, means: Means) => Implementation

/** What JSONata does in a way that takes too long, comes out otherwise each time, or needs Node. */
export const replacements: Readonly<Record<string, Replace>> = {
  contains: paced,
  match: paced,
  replace: paced,
  split: paced,
  random: (_, { occasion }) => occasion.random,
  shuffle:
    (_, { occasion }) =>
    (list) => {
      if (!Array.isArray(list)) return list
      const keyed = list.map((item) => ({ item, key: occasion.random() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
    },
  sort: (own) =>
    function (list, comparator) {
      const isPlain = comparator === undefined && (isAll(list, 'number') || isAll(list, 'string'))
      return isPlain ? list.toSorted(ascending) : own.call(this, list, callable(comparator))
    },
  distinct: (own, { meter, pace }) =>
    async function (list) {
      if (!Array.isArray(list) || list.length < 2) return own.call(this, list)
      const kept = new Map<string, unknown>()
      for (const item of list) {
        meter.spend(1)
        await pace.rest()
        const key = keyOf(item)
        if (!kept.has(key)) kept.set(key, item)
      }
      return Object.assign([...kept.values()], 'sequence' in list && { sequence: true })
    },
  clone: (own, { meter }) =>
    function (value) {
      const copy = own.call(this, value)
      expectChange(copy, meter)
      return copy
    },
  base64encode: () => (text) => {
    if (typeof text !== 'string' || !/[^\0-\xff]/.test(text)) return text && btoa(String(text))
    throw new LimitError('encodes with $base64encode what is not Latin-1')
  },
  base64decode: () => (text) => text && atob(String(text)),
}

/** With a rest between one match of a regular expression and the next, as is due. */
function paced(own: Implementation, { pace }: Means): Implementation {
  return function (text, pattern, ...more) {
    return own.call(this, text, pacedMatcher(pattern, pace), ...more)
  }
}

/** A regular expression as JSONata has it: a function that finds a match, which has one that finds the next. */
function pacedMatcher(find: unknown, pace: Pace): unknown {
  if (typeof find !== 'function') return find
  return async (text?: unknown): Promise<unknown> => {
    await pace.rest()
    const match: unknown = await find(text)
    if (typeof match !== 'object' || match === null || !('next' in match)) return match
    return { ...match, next: pacedMatcher(match.next, pace) }
  }
}

/** The same for what JSONata has as equal. */
function keyOf(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (isFunction(inner)) throw new LimitError('compares functions')
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    return isObject ? Object.fromEntries(Object.entries(inner).toSorted()) : inner
  })
}

/** JSONata hands a function over as an object where the call is the last thing that another does. */
function callable(comparator: unknown): unknown {
  if (!isLambda(comparator)) return comparator
  return (...values: unknown[]) => comparator.apply(undefined, values)
}

interface Lambda {
  apply(self: unknown, values: readonly unknown[]): unknown
}

function isLambda(value: unknown): value is Lambda {
  return typeof value === 'object' && value !== null && 'apply' in value && isFunction(value)
}

function isAll(list: unknown, type: 'number' | 'string'): list is (number | string)[] {
  return Array.isArray(list) && list.every((item) => typeof item === type)
}

function ascending(a: number | string, b: number | string): number {
  if (a === b) return 0
  return a > b ? 1 : -1
}

/** A transform operator (`|…|…|`) changes the copy that it makes. */
function expectChange(value: unknown, meter: Meter): void {
  if (typeof value !== 'object' || value === null) return
  meter.expectChange(value)
  for (const item of Object.values(value)) expectChange(item, meter)
}
