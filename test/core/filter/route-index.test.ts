import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { compileFilter } from '../../../src/core/filter/compile.ts'
import { createPatternIndex } from '../../../src/core/filter/route-index.ts'

const text = fc.constantFrom('', 'a', 'b', 'A', 'ab', 'AB', 'aß', 'aSS', '10.0.0.1', '::ffff:a00:1')
const number = fc.constantFrom(0, 1, 2.5, -3)
const leaf = fc.oneof(text, number, fc.constantFrom(true, false, null))
const texts = fc.array(text.filter(Boolean), { minLength: 1, maxLength: 3 })

const operator = fc.oneof(
  text.map((value) => ({ prefix: value })),
  text.map((value) => ({ suffix: value })),
  text.map((value) => ({ 'equals-ignore-case': value })),
  text.map((value) => ({ prefix: { 'equals-ignore-case': value } })),
  text.map((value) => ({ suffix: { 'equals-ignore-case': value } })),
  fc.constantFrom('*', 'a*', '*b', 'a*b', '*ß*', 'ab').map((value) => ({ wildcard: value })),
  texts.map((value) => ({ 'anything-but': value })),
  number.map((value) => ({ 'anything-but': value })),
  texts.map((value) => ({ 'anything-but': { prefix: value } })),
  number.map((value) => ({ numeric: ['>', value] })),
  fc.boolean().map((value) => ({ exists: value })),
  fc.constantFrom('10.0.0.0/8', '::/0').map((value) => ({ cidr: value })),
)
const key = fc.constantFrom('a', 'b', 'c', 'a.b')
const conditions = fc.array(fc.oneof(leaf, operator), { minLength: 1, maxLength: 3 })

function patternOf(depth: number): fc.Arbitrary<object> {
  if (depth === 0) return fc.dictionary(key, conditions, { minKeys: 1, maxKeys: 3 })
  const inner = patternOf(depth - 1)
  const field = fc.oneof({ arbitrary: conditions, weight: 3 }, { arbitrary: inner, weight: 1 })
  const fields = fc.dictionary(key, field, { minKeys: 1, maxKeys: 3 })
  const choices = fc.array(inner, { minLength: 2, maxLength: 3 }).map(($or) => ({ $or }))
  return fc.oneof(
    { arbitrary: fields, weight: 2 },
    { arbitrary: fc.tuple(fields, choices).map((both) => Object.assign({}, ...both)), weight: 1 },
  )
}

function eventOf(depth: number): fc.Arbitrary<object> {
  const inner = depth === 0 ? leaf : fc.oneof(leaf, eventOf(depth - 1))
  const list = fc.array(fc.oneof(inner, fc.array(inner, { maxLength: 2 })), { maxLength: 3 })
  return fc.dictionary(key, fc.oneof(inner, list), { maxKeys: 4 })
}

const pattern = patternOf(2)
const event = eventOf(3)

test('law: the index finds exactly the patterns that match on their own, in their order', () => {
  const patterns = fc.array(fc.option(pattern, { nil: undefined, freq: 9 }), { maxLength: 12 })
  fc.assert(
    fc.property(patterns, fc.array(event, { maxLength: 6 }), (some, events) => {
      const find = createPatternIndex(some)
      const each = some.map((one) => (one === undefined ? () => true : compileFilter(one)))
      for (const one of events) {
        const expected = each.flatMap((matches, index) => (matches(one) ? [index] : []))
        expect(find(one)).toEqual(expected)
      }
    }),
    { numRuns: 500 },
  )
})

describe('createPatternIndex', () => {
  test('no pattern at all matches everything, even what is not an object', () => {
    const find = createPatternIndex([undefined, { a: [1] }, undefined])
    expect(find({ a: 1 })).toEqual([0, 1, 2])
    expect(find({ a: 2 })).toEqual([0, 2])
    expect(find(null)).toEqual([0, 2])
  })

  test('a pattern is found once, however many of its choices match', () => {
    const find = createPatternIndex([{ $or: [{ a: [1] }, { b: [{ prefix: 'x' }] }] }])
    expect(find({ a: [1, 1], b: ['x', 'xy'] })).toEqual([0])
  })

  test('a value that is found must be in the right element', () => {
    const find = createPatternIndex([{ d: { a: [1], b: [1] } }])
    expect(find({ d: [{ a: 1 }, { b: 1 }] })).toEqual([])
    expect(find({ d: [{ a: 0 }, { a: 1, b: 1 }] })).toEqual([0])
  })

  test('ten thousand patterns of which one matches', () => {
    const codes = Array.from({ length: 10_000 }, (_, n) => `code-${String(n).padStart(5, '0')}`)
    const find = createPatternIndex(
      codes.map((code, n) => {
        if (n % 4 === 0) return { code: [code] }
        if (n % 4 === 1) return { code: [{ prefix: code }], operate: ['CREATE'] }
        if (n % 4 === 2) return { code: [{ 'anything-but': ['x'] }], user: [code] }
        return { $or: [{ code: [{ 'equals-ignore-case': code }] }, { user: [code] }] }
      }),
    )
    expect(find({ code: 'code-00004', operate: 'CREATE', user: 'u' })).toEqual([4])
    expect(find({ code: 'code-00005-1', operate: 'CREATE', user: 'u' })).toEqual([5])
    expect(find({ code: 'code-00005-1', operate: 'READ', user: 'u' })).toEqual([])
    expect(find({ code: 'y', user: 'code-00006' })).toEqual([6])
    expect(find({ code: 'CODE-00007', user: 'code-00010' })).toEqual([7, 10])
  })

  test('a long list that brings up the same pattern again and again', () => {
    const find = createPatternIndex([{ tags: [{ prefix: 'x' }], user: ['u'] }, { tags: ['x1'] }])
    const tags = Array.from({ length: 50_000 }, (_, n) => [`x${n}`])
    expect(find({ tags, user: 'v' })).toEqual([1])
    expect(find({ tags, user: 'u' })).toEqual([0, 1])
  })

  test('a bad pattern is refused', () => {
    expect(() => createPatternIndex([{ a: [1] }, { a: [] }])).toThrow(ConfigError)
  })
})
