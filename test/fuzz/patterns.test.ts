/** Event patterns that nobody would write, and events to match. Longer and reproducible: see callbacks.test.ts. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors.ts'
import { compileExplanation, compileFilter } from '../../src/core/filter/compile.ts'
import { createPatternIndex } from '../../src/core/filter/route-index.ts'
import { anyText, name, patient, polluted, runs } from './arbitrary.ts'

afterAll(() => expect(polluted()).toEqual([]))

/** Few names and few values, so that patterns and events meet. */
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b', 'a.b', 'b.a', '') }, name)
const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'A',
    'ab',
    'aß',
    'SS',
    '10.0.0.1',
    '::1',
    '*',
    'a*b',
    '*a*',
    '\\*',
    '\ud800',
  ),
  anyText(4),
)
const leaf = fc.oneof(
  text,
  fc.constantFrom(null, true, false, 0, -0, 1, 301.8, 1e300, Number.MAX_SAFE_INTEGER),
)

/** An object with its own `__proto__`, as JSON.parse makes it. */
function objectOf<T>(value: fc.Arbitrary<T>, names: fc.Arbitrary<string> = key, maxLength = 3) {
  return fc
    .array(fc.tuple(names, value), { maxLength })
    .map((entries): unknown => Object.fromEntries(entries))
}

const operand = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.constantFrom(['>', 0, '<=', 5], ['=', 301.8], ['<', 1], ['>', 5, '<', 1]),
  fc.constantFrom('10.0.0.0/8', '::/0', '10.0.0.1/32', '1.2.3.4/0'),
  objectOf(
    fc.oneof(text, fc.array(text, { maxLength: 2 })),
    fc.constantFrom('prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'exists'),
    1,
  ),
)
const operator = objectOf(
  operand,
  fc.constantFrom(
    ...['prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'anything-but', 'numeric'],
    ...['exists', 'cidr', 'exactly', 'regex', 'toString', '__proto__'],
  ),
  1,
)

const { pattern, event } = fc.letrec<{ pattern: unknown; event: unknown }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4 },
    objectOf(fc.oneof(leaf, fc.array(fc.oneof(leaf, operator), { maxLength: 3 }))),
    objectOf(fc.oneof(tie('pattern'), leaf)),
    fc
      .tuple(objectOf(leaf), fc.array(tie('pattern'), { maxLength: 3 }))
      .map(([rest, choices]) => Object.assign({ $or: choices }, rest)),
    fc.jsonValue(),
  ),
  event: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('event'), { maxLength: 4 }),
    objectOf(tie('event'), key, 5),
  ),
}))

/**
 * Events that meet a pattern now and then, which chance alone hardly ever brings about: fields that the pattern names,
 * with values that its operators are about.
 */
function meeting(wanted: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(wanted)) return mostly(...wanted.map(satisfying))
  if (typeof wanted !== 'object' || wanted === null) return mostly(fc.constant(wanted))
  const fields = Object.entries(wanted).map(([name, value]) =>
    name === '$or' && Array.isArray(value)
      ? mostly(...value.map(meeting)).map((one) => Object.entries(Object(one)))
      : meeting(value).map((one) => (one === undefined ? [] : [[name, one]])),
  )
  return fc.tuple(...fields).map((entries) => Object.fromEntries(entries.flat()))
}

function mostly(...wanted: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> {
  const each = wanted.map((arbitrary) => ({ weight: 8, arbitrary }))
  return fc.oneof(...each, { weight: 1, arbitrary: leaf })
}

/** What one of a field's choices is about; undefined is a field that is not there. */
function satisfying(choice: unknown): fc.Arbitrary<unknown> {
  if (typeof choice !== 'object' || choice === null) return fc.constant(choice)
  const [[operator, operand] = []] = Object.entries(choice)
  if (operator === 'exists') return operand === true ? leaf : fc.constant(undefined)
  if (operator === 'cidr') return fc.constantFrom('10.0.0.1', '::1', operand)
  if (typeof operand !== 'string') return leaf
  return fc.constantFrom(operand, `a${operand}`, `${operand}a`, operand.toUpperCase())
}

const patternAndEvents = pattern.chain((wanted) =>
  fc.tuple(
    fc.constant(wanted),
    fc.array(fc.oneof(event, meeting(wanted)), { minLength: 1, maxLength: 5 }),
  ),
)

/** Undefined where the pattern is refused; anything but a ConfigError is thrown on. */
function compiled(from: unknown): ((value: unknown) => boolean) | undefined {
  try {
    return compileFilter(from)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const { path, message } of error.problems) {
      expect([typeof path, message.length > 0]).toEqual(['string', true])
    }
    return undefined
  }
}

test('a pattern is compiled or refused; it matches or not, and explaining agrees', patient, () => {
  let matched = 0
  let missed = 0
  fc.assert(
    fc.property(patternAndEvents, ([wanted, events]) => {
      const matches = compiled(wanted)
      if (matches === undefined) return
      for (const each of events) {
        const isMatch = matches(each)
        const reason = compileExplanation(wanted)(each)
        expect(reason === undefined).toBe(isMatch)
        if (!isMatch) expect(reason).not.toBe('')
        if (isMatch) matched++
        else missed++
      }
    }),
    { numRuns: runs(2500) },
  )
  expect([matched > 0, missed > 0]).toEqual([true, true])
})

test('many patterns at once give what each gives by itself', patient, () => {
  fc.assert(
    fc.property(fc.array(patternAndEvents, { maxLength: 12 }), (pairs) => {
      const usable = pairs.flatMap(([each]) => {
        const matches = compiled(each)
        return matches === undefined ? [] : [{ each, matches }]
      })
      const index = createPatternIndex(usable.map(({ each }) => each))
      for (const one of pairs.flatMap(([, events]) => events)) {
        const alone = usable.flatMap(({ matches }, at) => (matches(one) ? [at] : []))
        expect(index(one)).toEqual(alone)
      }
    }),
    { numRuns: runs(1000) },
  )
})

test('neither a pattern nor an event is changed by being used', patient, () => {
  fc.assert(
    fc.property(pattern, event, (wanted, one) => {
      const before = JSON.stringify([wanted, one])
      compiled(wanted)?.(one)
      expect(JSON.stringify([wanted, one])).toBe(before)
    }),
    { numRuns: runs(500) },
  )
})
