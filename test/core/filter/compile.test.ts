import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ConfigError } from '../../../src/core/errors.ts'
import { compileExplanation, compileFilter } from '../../../src/core/filter/compile.ts'
import { checkRules } from '../../../src/core/filter/pattern.ts'
import type { ReasonWords } from '../../../src/core/reason-words.ts'

interface Fixtures {
  readonly valid: readonly { name: string; pattern: unknown; match: unknown[]; miss: unknown[] }[]
  readonly invalid: readonly { pattern: unknown; problems: string[] }[]
}

const url = new URL('../../fixtures/patterns.yaml', import.meta.url)
const fixtures = parse(readFileSync(url, 'utf8')) as Fixtures

function problemsOf(pattern: unknown): readonly string[] {
  try {
    compileFilter(pattern)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path)
    throw error
  }
  return []
}

describe('patterns match', () => {
  test.each(fixtures.valid)('$name', ({ pattern, match, miss }) => {
    const matches = compileFilter(pattern)
    expect(match.filter((event) => !matches(event))).toEqual([])
    expect(miss.filter((event) => matches(event))).toEqual([])
    for (const event of match) expect(compileExplanation(pattern)(event)).toBeUndefined()
    for (const event of miss) expect(compileExplanation(pattern)(event)).not.toBe('')
    for (const event of miss) expect(compileExplanation(pattern)(event)).toBeTypeOf('string')
  })
})

describe('problems are found when the pattern is read, each where it is', () => {
  test.each(fixtures.invalid.map((each) => ({ ...each, text: JSON.stringify(each.pattern) })))(
    '$text',
    ({ pattern, problems }) => {
      expect(problemsOf(pattern)).toEqual(problems)
    },
  )

  test('a million combinations are enough, and more are counted without being made', () => {
    const choice = { $or: Array.from({ length: 10 }, (_, n) => ({ v: [n] })) }
    const choices = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, choice]))
    expect(problemsOf(choices(3))).toEqual([])
    expect(problemsOf(choices(7))).toEqual([''])
    expect(problemsOf(choices(5000))).toEqual([''])
  })

  test('a hundred thousand choices are looked through without a stack as deep', () => {
    const choices = { $or: Array.from({ length: 200_000 }, (_, n) => ({ v: [n] })) }
    expect(() => checkRules(choices)).not.toThrow()
  })

  test('too many fields, too deep, too long a wildcard', () => {
    const wide = Object.fromEntries(Array.from({ length: 257 }, (_, n) => [`key${n}`, [1]]))
    expect(problemsOf(wide)).toEqual([''])
    const depth = 20_000
    const objects = JSON.parse(`${'{"a":'.repeat(depth)}[1]${'}'.repeat(depth)}`)
    expect(problemsOf(objects)).toHaveLength(1)
    const choices = `${'{"$or":[{"b":[1]},'.repeat(depth)}{"a":[1]}${']}'.repeat(depth)}`
    expect(problemsOf(JSON.parse(choices))).not.toEqual([])
    expect(problemsOf({ [`a${'.a'.repeat(depth)}`]: [1] })).toHaveLength(1)
    expect(problemsOf({ a: [{ wildcard: 'a'.repeat(2049) }] })).toEqual(['a.0.wildcard'])
    expect(problemsOf({ a: [{ wildcard: `*${'a'.repeat(251)}*` }] })).toEqual(['a.0.wildcard'])
  })
})

describe('matching never throws and never takes long', () => {
  test.each([undefined, null, 1, 'text', true, [], [{ a: 1 }], () => 1, Symbol('s'), 10n])(
    'what is not an object matches nothing: %s',
    (value) => {
      expect(compileFilter({ a: [{ exists: false }] })(value)).toBe(false)
    },
  )

  test('keys of Object.prototype are keys like any other', () => {
    const pattern: unknown = JSON.parse('{"__proto__": {"admin": [true]}}')
    const matches = compileFilter(pattern)
    expect(matches(JSON.parse('{"__proto__": {"admin": true}}'))).toBe(true)
    expect(matches({})).toBe(false)
    expect(compileFilter({ toString: [{ exists: true }] })({})).toBe(false)
  })

  test('lists and objects nested 200,000 deep', () => {
    const depth = 200_000
    const lists: unknown = JSON.parse(`{"a": ${'['.repeat(depth)}1${']'.repeat(depth)}}`)
    const objects: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
    for (const pattern of [{ a: [1] }, { a: { x: [1], y: [{ exists: false }] }, b: [1] }]) {
      expect(compileFilter(pattern)(lists)).toBe(false)
      expect(compileFilter(pattern)(objects)).toBe(false)
      expect(compileExplanation(pattern)(lists)).toBeTypeOf('string')
    }
  })

  test('lists nested some hundred deep are seen', () => {
    const nest = (text: string) => JSON.parse('['.repeat(500) + text + ']'.repeat(500))
    const matches = compileFilter({ a: { x: [1], y: [2] } })
    expect(matches({ a: nest('{"x": 1, "y": 2}') })).toBe(true)
    expect(matches({ a: nest('{"x": 1}, {"y": 2}') })).toBe(false)
  })

  test('a wildcard of many stars over a text that nearly matches', () => {
    const text = 'a'.repeat(1 << 20)
    expect(compileFilter({ a: [{ wildcard: `${'*a'.repeat(500)}*b*` }] })({ a: text })).toBe(false)
    expect(compileFilter({ a: [{ wildcard: `*${'a'.repeat(124)}b*` }] })({ a: text })).toBe(false)
  })

  test('long lists, of which no element has everything', () => {
    const half = Array.from({ length: 50_000 }, (_, n) => (n % 2 ? { a: 1 } : { b: 1 }))
    expect(compileFilter({ d: { a: [1], b: [1] } })({ d: half })).toBe(false)
    const side = Array.from({ length: 10_000 }, () => ({ x: 1 }))
    const pattern = { a: { x: [1] }, b: { x: [1] }, c: { x: [1] }, d: { x: [2] } }
    expect(compileFilter(pattern)({ a: side, b: side, c: side, d: side })).toBe(false)
  })

  test('many fields that could each be found in two places', () => {
    const keys = Array.from({ length: 100 }, (_, n) => `key${n}`)
    const pattern = Object.fromEntries(keys.map((key) => [key, [1]]))
    const event = Object.fromEntries(keys.map((key) => [key, [1, [1]]]))
    expect(compileFilter({ ...pattern, z: [{ exists: false }] })(event)).toBe(true)
    expect(compileFilter({ ...pattern, z: [{ exists: false }, 1] })({ ...event, z: 2 })).toBe(false)
  })

  test('many fields that could each be found in two lists, but never all of them', () => {
    const keys = Array.from({ length: 40 }, (_, n) => `key${n}`)
    const pattern = Object.fromEntries(keys.map((key) => [key, [1]]))
    const within = Object.fromEntries(keys.map((key) => [key, 1]))
    const beside = Object.fromEntries(keys.map((key) => [`a.${key}`, [[1]]]))
    const event = { a: [within, { z: 1 }], ...beside, 'a.z': [[2]] }
    expect(compileFilter({ a: { ...pattern, z: [1] }, b: [1] })({ ...event, b: [[2]] })).toBe(false)
    expect(compileFilter({ a: { ...pattern, z: [3] } })(event)).toBe(false)
  })
})

describe('compileExplanation names the first condition that failed, in the order of the pattern', () => {
  test.each([
    [{ operate: 'CREATE' }, { operate: 'READ' }, 'operate: "READ" is not one of "CREATE"'],
    [{ approval_code: ['A'] }, {}, 'approval_code: absent'],
    [{ a: [{ exists: false }] }, { a: 1 }, 'a: 1 is present'],
    [{ a: [{ prefix: 'x' }, 1] }, { a: ['y', 2] }, 'a: "y", 2 does not match prefix "x", 1'],
    [{ a: [1], b: [2] }, { a: 1, b: 3 }, 'b: 3 is not one of 2'],
    [{ z: [1], a: [2] }, { z: 9, a: 9 }, 'z: 9 is not one of 1'],
    [{ z: { y: [1], x: [1] }, a: [2] }, { z: { y: 1 }, a: 9 }, 'z.x: absent'],
    [{ z: [1], $or: [{ y: [1] }, { b: [2] }], a: [3] }, { z: 1, a: 9 }, 'y: absent; b: absent'],
    [
      { z: [1], $or: [{ y: [1] }, { b: [2] }], a: [3] },
      { z: 1, b: 2, a: 9 },
      'y: absent; a: 9 is not one of 3',
    ],
    [{ $or: [{ a: [1] }, { b: [2] }] }, { a: 2 }, 'a: 2 is not one of 1; b: absent'],
    [{ c: [1], $or: [{ d: [1] }, { e: [2] }] }, { d: 1 }, 'c: absent'],
    [
      { d: { a: [1], b: [1] } },
      { d: [{ a: 1 }, { b: 1 }] },
      'd.a, d.b: each matches, but not in one element of a list',
    ],
    [
      { a: [1, 2, 3, 4, 5, 6, 7] },
      { a: 'x'.repeat(1000) },
      `a: "${'x'.repeat(99)}… is not one of 1, 2, 3, 4, 5, and 2 more`,
    ],
  ])('%j', (pattern, event, explanation) => {
    expect(compileExplanation(pattern)(event)).toBe(explanation)
  })
})

/** Each says what it was asked to say. */
const words: ReasonWords = {
  absent: (path) => `absent(${path})`,
  present: (found) => `present(${found})`,
  noneOf: (found, wanted) => `noneOf(${found} | ${wanted})`,
  unmet: (found, wanted) => `unmet(${found} | ${wanted})`,
  apart: (paths) => `apart(${paths})`,
  inAnyCase: (condition) => `inAnyCase(${condition})`,
  anythingBut: (conditions) => `anythingBut(${conditions})`,
  number: (range) => `number(${range})`,
  more: (count) => `more(${count})`,
  disabled: '',
  ownEvent: '',
  noSource: () => '',
  onlyFrom: () => '',
}

const anyCase = { 'equals-ignore-case': 'x' }

describe('compileExplanation says it in the words that it is given', () => {
  test.each([
    [{ a: [1] }, {}, 'absent(a)'],
    [{ a: [{ exists: false }] }, { a: 1 }, 'present(a: 1)'],
    [{ a: [1, 2] }, { a: 3 }, 'noneOf(a: 3 | 1, 2)'],
    [{ a: [{ prefix: 'x' }, 1] }, { a: 'y' }, 'unmet(a: "y" | prefix "x", 1)'],
    [{ a: [anyCase] }, { a: 'y' }, 'unmet(a: "y" | inAnyCase("x"))'],
    [{ a: [{ prefix: anyCase }] }, { a: 'y' }, 'unmet(a: "y" | inAnyCase(prefix "x"))'],
    [{ a: [{ suffix: anyCase }] }, { a: 'y' }, 'unmet(a: "y" | inAnyCase(suffix "x"))'],
    [{ a: [{ 'anything-but': [1, 2] }] }, { a: 1 }, 'unmet(a: 1 | anythingBut(1, 2))'],
    [
      { a: [{ 'anything-but': anyCase }] },
      { a: 'X' },
      'unmet(a: "X" | anythingBut(inAnyCase("x")))',
    ],
    [{ a: [{ numeric: ['>', 5] }] }, { a: 1 }, 'unmet(a: 1 | number(> 5))'],
    [{ a: [1, 2, 3, 4, 5, 6, 7] }, { a: 0 }, 'noneOf(a: 0 | 1, 2, 3, 4, 5, more(2))'],
    [{ d: { a: [1], b: [1] } }, { d: [{ a: 1 }, { b: 1 }] }, 'apart(d.a, d.b)'],
    [{ $or: [{ a: [1] }, { b: [2] }] }, { a: 2 }, 'noneOf(a: 2 | 1); absent(b)'],
  ])('%j', (pattern, event, explanation) => {
    expect(compileExplanation(pattern)(event, event, words)).toBe(explanation)
  })
})

test('conditions of every kind in English', () => {
  const unlike = { 'anything-but': { 'equals-ignore-case': ['x', 'y'] } }
  const pattern = { a: [anyCase, { prefix: anyCase }, unlike, { numeric: ['>', 5] }] }
  expect(compileExplanation(pattern)({ a: 'Y' })).toBe(
    'a: "Y" does not match "x" in any case, prefix "x" in any case, anything but "x" in any case, "y" in any case, number > 5',
  )
})
