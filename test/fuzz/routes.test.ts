/** Files that are no routes.yaml, or nearly one. Longer and reproducible: see callbacks.test.ts. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { formatProblems } from '../../src/config/problems.ts'
import { filesOf, problemsOf } from '../config/load-text.ts'
import { anyText, jsonText, name, patient, polluted, runs } from './arbitrary.ts'

afterAll(() => expect(polluted()).toEqual([]))

const valid = readFileSync(new URL('../fixtures/routes/full.yaml', import.meta.url), 'utf8')
const env = Object.fromEntries(
  [...valid.matchAll(/\$\{(\w+)\}/g)].map(([, variable = '']) => [
    variable,
    `whsec_${'A'.repeat(32)}`,
  ]),
)

/** No file of this size may take longer, on however busy a machine. */
const TOO_LONG_MS = 10_000

/** Loads a text, or gives its problems, of which each says where it is. */
async function judge(text: string): Promise<number> {
  const startedAt = performance.now()
  const problems = await problemsOf(text, { env })
  const lines = text.split('\n').length
  for (const { path, message, line = 0, column = 0, excerpt } of problems) {
    expect([typeof path, typeof excerpt, message.length > 0]).toEqual(['string', 'string', true])
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(lines + 1)
    expect(column).toBeGreaterThanOrEqual(1)
  }
  expect(formatProblems([{ name: 'routes.yaml', text }], problems)).toBeTypeOf('string')
  expect(performance.now() - startedAt).toBeLessThan(TOO_LONG_MS)
  return problems.length
}

test('the file that is changed in the tests below is in order', async () => {
  expect(await judge(valid)).toBe(0)
})

const piece = fc.oneof(
  fc.constantFrom('&a ', '*a', '<<: ', '<<: *a', '- ', ': ', '? ', '|\n', '>-\n', '!!str ', '!x '),
  fc.constantFrom(
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '# ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ',',
    '\t',
    '\n',
  ),
  fc.constantFrom(
    '${',
    `\${X}`,
    '${X:-',
    '$$',
    `\${file:/x}`,
    '\0',
    '\u2028',
    '\ufeff',
    '\ud800',
    '\\x',
  ),
  fc.constantFrom('1e999', '.inf', '0o777', '~', 'yes', '12345678901234567890', '__proto__: 1\n'),
  fc.constantFrom('\n  ', '\n    ', 'a: ', 'sinks:\n', 'routes:\n', 'match: ', 'to: ', '$or: '),
  anyText(6),
)

test('any text is loaded or refused', patient, async () => {
  const text = fc.oneof(
    anyText(),
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    jsonText,
    fc
      .tuple(name, jsonText)
      .map(([key, value]) => `version: 1\n${JSON.stringify(key)}: ${value}\n`),
  )
  await fc.assert(
    fc.asyncProperty(text, async (each) => void (await judge(each))),
    { numRuns: runs(150) },
  )
})

test('a good file with a few changes is loaded or refused', patient, async () => {
  const change = fc.record({ at: fc.nat(valid.length), drop: fc.nat(12), put: piece })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const text = changes.reduce(
        (before, { at, drop, put }) => before.slice(0, at) + put + before.slice(at + drop),
        valid,
      )
      await judge(text)
    }),
    { numRuns: runs(150) },
  )
})

test(
  'a good file with any value in place of one of its own is loaded or refused',
  patient,
  async () => {
    const values = [...valid.matchAll(/(?<=: )\S[^#\n]*/g)]
    const value = fc.oneof(
      jsonText,
      fc.constantFrom('', '*x', '&x 1', '{}', '[]', '[[]]', '!!set {}'),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...values), value, async (old, put) => {
        const text = valid.slice(0, old.index) + put + valid.slice(old.index + old[0].length)
        await judge(text)
      }),
      { numRuns: runs(150) },
    )
  },
)

test('any text in a file of routes.d is loaded or refused', patient, async () => {
  const change = fc.record({ at: fc.nat(valid.length), drop: fc.nat(400), put: piece })
  await fc.assert(
    fc.asyncProperty(change, change, async (first, second) => {
      const put = ({ at, drop, put }: typeof first) =>
        valid.slice(0, at) + put + valid.slice(at + drop)
      const files = {
        'routes.yaml': valid,
        'routes.d/a.yaml': put(first),
        'routes.d/b.yaml': put(second),
      }
      const problems = await problemsOf(files, { env })
      for (const { file = '', line = 0 } of problems) {
        expect(Object.keys(files)).toContain(file)
        expect(line).toBeLessThanOrEqual(files[file as keyof typeof files].split('\n').length + 1)
      }
      expect(formatProblems(filesOf(files), problems)).toBeTypeOf('string')
    }),
    { numRuns: runs(60) },
  )
})

test.each([
  ['aliases of aliases', bomb((inner) => `[${inner}]`)],
  ['aliases of aliases as objects', bomb((_, all) => `{ ${all} }`)],
  ['merges of merges', merges()],
  ['an alias of itself', 'a: &a [*a]'],
  ['lists in lists', `a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ['objects in objects', `a: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}`],
  [
    'lines that go deeper',
    Array.from({ length: 2000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
  ],
  ['20,000 lines that are wrong', 'a: b: c\n'.repeat(20_000)],
  ['20,000 unknown keys', Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join('\n')],
  ['one key 25,000 times', 'a: 1\n'.repeat(25_000)],
  ['a line of a megabyte', `a: ${'x'.repeat(1_000_000)}`],
  ['a megabyte of dollars', `version: "${'${'.repeat(500_000)}"`],
  ['a megabyte of quotes', `a: "${'\\"'.repeat(500_000)}`],
  ['20,000 anchors', Array.from({ length: 20_000 }, (_, at) => `- &a${at} 1`).join('\n')],
])('%s: is a clear problem, quickly', async (_, text) => {
  expect(await judge(text)).toBeGreaterThan(0)
})

test.each(['__proto__', 'constructor', 'toString'])(
  'a variable called %s is not set',
  async (variable) => {
    const [problem] = await problemsOf(
      valid.replace(/\$\{FEISHU_ENCRYPT_KEY\}/, `\${${variable}}`),
      {
        env,
      },
    )
    expect(problem?.message).toContain(`${variable} is not set`)
  },
)

test('keys that objects inherit are unknown keys like any other', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']
  for (const [place, path] of [
    ['version: 1', ''],
    ['    concurrency: 16', 'sinks.finance.'],
    ['    enabled: true', 'routes.1.'],
  ] as const) {
    const indent = /^ */.exec(place)?.[0] ?? ''
    for (const key of names) {
      const text = valid.replace(place, `${place}\n${indent}${key}: { polluted: 1 }`)
      expect((await problemsOf(text, { env })).map((problem) => problem.path)).toEqual([path + key])
    }
  }
})

/** Nine lines that stand for a billion values. */
function bomb(wrap: (items: string, entries: string) => string): string {
  const line = (at: number) => {
    const alias = at === 0 ? 'lol' : `*l${at - 1}`
    const items = Array.from({ length: 10 }, () => alias).join(', ')
    const entries = Array.from({ length: 10 }, (_, key) => `k${key}: ${alias}`).join(', ')
    return `l${at}: &l${at} ${wrap(items, entries)}`
  }
  return Array.from({ length: 10 }, (_, at) => line(at)).join('\n')
}

function merges(): string {
  const own = (at: number) => Array.from({ length: 100 }, (_, key) => `k${at}-${key}: 1`).join(', ')
  const all = (at: number) => Array.from({ length: 10 }, () => `*m${at - 1}`).join(', ')
  const line = (at: number) => `m${at}: &m${at} { ${at ? `<<: [${all(at)}], ` : ''}${own(at)} }`
  return Array.from({ length: 10 }, (_, at) => line(at)).join('\n')
}
