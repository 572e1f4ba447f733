import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { codeOf, kindsOf } from '../../src/console/dead/kinds.ts'
import { inTime } from '../../src/console/operator.ts'
import { yamlOf } from '../../src/console/parts/yaml.ts'
import { faultIn } from '../../src/console/routes/json-fault.ts'
import type { Json } from '../../src/core/event.ts'
import { createEnding } from '../../src/http/api/ending.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const broken = fc
  .tuple(
    fc.json(),
    fc.nat(),
    fc.nat(3),
    fc.constantFrom('', ',', '}', '"', '1', '\\', '\n', '-', 'TRUE', 'true'),
  )
  .map(([text, at, cut, put]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + put + text.slice(place + cut)
  })

const characters = [...'"\\\n\t\x7f\u2028\ud800é :,-.e01{}[]']
const unit = fc.constantFrom(...characters, 'true', 'null', '{"', '":', '[1,', 'u00e9')
const pieces = fc.string({ unit, maxLength: 8 })

test('what is not JSON has a fault, and what is has none', () => {
  fc.assert(
    fc.property(broken, (text) => (faultIn(text) === undefined) === isJson(text)),
    { numRuns: 50 },
  )
  fc.assert(fc.property(pieces, (text) => (faultIn(text) === undefined) === isJson(text)))
})

test.for([
  ['{\n  "a": 1,\n}', 3, 1, '}\n^'],
  ['{"a": tru}', 1, 7, '{"a": tru}\n      ^'],
  ['{"a": 1', 1, 8, '{"a": 1\n       ^'],
  ["{'a': 1}", 1, 2, "{'a': 1}\n ^"],
  ['{"a": 01}', 1, 8, '{"a": 01}\n       ^'],
  ['', 1, 1, '\n^'],
] as const)('a fault is where the text stops being JSON: %j', ([text, line, column, excerpt]) => {
  expect(faultIn(text)).toEqual({ line, column, excerpt })
})

test('of a long line only what is around the fault is shown', () => {
  const { column, excerpt = '' } = faultIn(`"${'x'.repeat(1e6)}" ${'y'.repeat(1e6)}`) ?? {}
  expect(column).toBe(1_000_004)
  expect(excerpt.length).toBeLessThan(200)
})

test('as YAML, data is read back as it is', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '1e3',
      'no',
      '0x1F',
      ' a',
      'a: b',
      'a #b',
      '***',
      `\${X}`,
      'a\nb',
      'a\n b\n',
      '- x',
      '1:30',
      '~',
    ),
  )
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(text, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      expect(parse(yamlOf(value), { uniqueKeys: false })).toEqual(value)
    }),
  )
})

test('YAML is as people write it', () => {
  const match = { approval_code: ['7C46', { prefix: '9' }], operate: 'CREATE', form: { a: [1] } }
  expect(yamlOf(match)).toBe(`approval_code:
  - 7C46
  - prefix: "9"
operate: CREATE
form:
  a: [1]`)
})

test('reasons that differ in an id alone are one kind', () => {
  expect(codeOf('no user ou_7d8a6e6df7621556ce0d21922b676706')).toBe(codeOf('no user ou_12345678'))
  expect(codeOf('gave up after 2 attempts: HTTP 500')).not.toBe(
    codeOf('gave up after 2 attempts: HTTP 400'),
  )
  expect(kindsOf({ items: [], hasMore: false })).toEqual([])
})

/** Says how far it is, and goes on until it is told to end. */
function endlessly(report: (state: number) => void, signal: AbortSignal): Promise<never> {
  report(1)
  report(2)
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

const { ending } = createEnding()

test('long work ends where its time does, and what was done is told', async () => {
  expect(await inTime({ ending }, 1, endlessly)).toEqual({ done: 2, more: true })
  expect(await inTime({ ending }, 60_000, async () => 3)).toEqual({ done: 3, more: false })
  const broken = inTime({ ending }, 60_000, async () => Promise.reject(new Error('it is away')))
  await expect(broken).rejects.toThrow('it is away')
})

test('nor does it go on where the gateway ends', async () => {
  const { ending, end } = createEnding()
  const work = inTime({ ending }, 60_000, endlessly)
  end()
  await expect(work).rejects.toMatchObject({ status: 503 })
})
