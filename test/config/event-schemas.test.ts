import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { bundle } from '../../src/cli/build/bundle.ts'
import { validateBundled } from '../../src/config/bundled.ts'
import { loadConfig } from '../../src/config/load.ts'
import { standaloneEvents } from '../../src/config/standalone.ts'
import { compileValidators } from '../../src/config/validators.ts'
import type { JsonObject } from '../../src/core/event.ts'
import { evaluate, loadForBuild } from './bundled-text.ts'
import { filesOf, load, options, problemsOf, short } from './load-text.ts'

const CLAIM = `
$schema: http://json-schema.org/draft-07/schema#
$id: https://example.com/claim
type: object
required: [claim_code, items]
properties:
  claim_code: { $ref: "#/definitions/code" }
  amount: { type: number, x: 1 }
  items: { type: array, items: { $ref: "#/definitions/item" } }
definitions:
  code: { type: string, pattern: ^C }
  item: { type: object, properties: { name: { $ref: "#/definitions/code" }, parts: { type: array, items: { $ref: "#/definitions/item" } } } }
if: { properties: { amount: { const: 0 } }, required: [amount] }
then: { properties: { reason: { type: string } }, required: [reason] }
`.replace(', x: 1', '')

const file = (more = '', events = '[approval_cc, claim]') => `version: 1
sources: { feishu: { type: feishu, verification_token: x, events: ${events} } }
sinks: { a: { type: log } }
routes: [{ name: all, to: [a]${more} }]
schemas:
  claim: ./claim.yaml
`
const reading = (text: string) => ({ readSchema: async () => text })
const said = async (text: string, schema: string) =>
  (await problemsOf(text, reading(schema))).map(short)

describe('schemas of events', () => {
  test('check events as the built-in ones do, on Node and compiled ahead', async () => {
    const { schemas, warnings } = await load(file(), reading(CLAIM))
    expect(warnings).toEqual([])
    const other = { ...schemas, trip: schemas.claim ?? {} }
    const onNode = compileValidators(other, 'theirs')
    const events = evaluate(standaloneEvents(other, 'theirs'))
    const ahead = validateBundled({ sources: {}, sinks: {}, events })
    const cases: [JsonObject, string[]][] = [
      [{ claim_code: 'C1', items: [{ name: 'C2', parts: [{ name: 'C3' }] }], more: 1 }, []],
      [{ claim_code: 7 }, ['items: is required', 'claim_code: must be a string, not a number']],
      [
        { claim_code: 'C', items: [{ parts: [{ name: 'X' }] }] },
        ['items.0.parts.0.name: must match ^C'],
      ],
      [{ claim_code: 'C', items: [], amount: 0 }, ['reason: is required']],
    ]
    for (const [data, problems] of cases) {
      for (const type of ['claim', 'trip']) {
        expect(onNode(type, data)).toEqual(problems)
        expect(ahead(type, data)).toEqual(problems)
      }
    }
  })

  test('take the place of the gateway’s own', async () => {
    const text = file(', match: { operate: 7, stage: x }').replace('  claim:', '  approval_cc:')
    const schema = 'type: object\nproperties: { operate: { type: integer } }'
    expect((await load(text.replace(', stage: x', ''), reading(schema))).warnings).toEqual([])
    expect((await load(text.replace(', claim', ''), reading(schema))).warnings.map(short)).toEqual([
      '4:53 routes.0.match.stage: no accepted event has stage',
    ])
  })

  test.each([
    [
      'claim_cde: C1',
      '4:41 routes.0.match.claim_cde: no accepted event has claim_cde; did you mean "claim_code"?',
    ],
    [
      'items: { nme: C1 }',
      '4:50 routes.0.match.items.nme: no accepted event has items.nme; did you mean "name"?',
    ],
  ])('are looked at for warnings, through their references: %s', async (match, warning) => {
    const { warnings } = await load(file(`, match: { ${match} }`), reading(CLAIM))
    expect(warnings.map(short)).toEqual([warning])
  })

  test.each([
    'claim_code: C1',
    'items: { parts: { name: C1 } }',
    'items: { parts: { parts: { name: C1 } } }',
    'reason: x',
    'amount: 7',
  ])('and none of: %s', async (match) => {
    const { warnings } = await load(file(`, match: { ${match} }`), reading(CLAIM))
    expect(warnings).toEqual([])
  })

  test('are looked at for numbers where they say text', async () => {
    expect(await said(file(', match: { claim_code: 7 }'), CLAIM)).toEqual([
      '4:53 routes.0.match.claim_code: is a number, but claim_code is a string: put it in quotes',
    ])
  })

  test('of a type that no source accepts are warned of', async () => {
    const warnings = async (events: string) =>
      (await load(file('', events), reading(CLAIM))).warnings.map(short)
    expect(await warnings('[approval_cc]')).toEqual([
      '6:3 schemas.claim: no source accepts events of this type: name it in the events of one',
    ])
    expect(await warnings('"*"')).toEqual([])
    expect(await warnings('[claims]')).toEqual([
      '2:68 sources.feishu.events.0: "claims" is no type with a schema; did you mean "claim"?',
      '6:3 schemas.claim: no source accepts events of this type: name it in the events of one',
    ])
  })

  test('may be JSON, and have what strict schemas have not', async () => {
    const schema = JSON.stringify(
      { properties: { a: { minLength: 1 } }, required: ['b'] },
      null,
      '\t',
    )
    expect(await said(file(), schema)).toEqual([])
  })
})

describe('no event keeps the gateway from its work', () => {
  const node = { anyOf: [{ $ref: '#/definitions/a' }, { $ref: '#/definitions/b' }] }
  const one = (tag: string) => ({
    properties: { tag: { const: tag }, child: { $ref: '#/definitions/node' } },
    required: ['tag'],
  })
  const tree = { definitions: { node, a: one('a'), b: one('b') }, $ref: '#/definitions/node' }
  const list = (items: JsonObject) => ({
    definitions: { item: { items: { $ref: '#/definitions/item' } } },
    properties: { a: items },
  })
  const nested = (depth: number, inner: JsonObject): JsonObject =>
    depth === 0 ? inner : { tag: 'b', child: nested(depth - 1, inner) }
  const deep = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
  const TOO_MUCH = 'is nested too deep, or too large, to be checked by the schema of its type'
  const text = (pattern: string) => ({ properties: { a: { type: 'string', pattern } } })
  const pairs = Array.from({ length: 40_000 }, (_, index) => ({ x: index, y: 0 }))

  test.each<[string, JsonObject, JsonObject, string[]]>([
    [
      'a pattern that goes back',
      text('^(a+)+$'),
      { a: `${'a'.repeat(100_000)}!` },
      ['a: must match ^(a+)+$'],
    ],
    [
      'one for keys',
      { patternProperties: { '^(a+)+$': false } },
      { [`${'a'.repeat(100_000)}!`]: 1 },
      [],
    ],
    [
      'a long list of its own kind each',
      { properties: { a: { uniqueItems: true } } },
      { a: pairs },
      [],
    ],
    [
      'one that has an entry twice',
      { properties: { a: { uniqueItems: true } } },
      { a: [...pairs, { y: 0, x: 7 }] },
      ['a: must not have an entry twice'],
    ],
    ['alternatives that refer to the whole', tree, nested(10, { tag: 'a' }), []],
    ['the same, deeper', tree, nested(60, { tag: 'a' }), [TOO_MUCH]],
    ['references on and on', list({ $ref: '#/definitions/item' }), { a: deep(15_000) }, [TOO_MUCH]],
    [
      'lists in lists of their own kind each',
      list({ uniqueItems: true }),
      { a: deep(50_000) },
      [TOO_MUCH],
    ],
    [
      'very many keys that are nearly known',
      { properties: { key_0: {}, key_1: {}, key_2: {} }, additionalProperties: false },
      Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`kex_${index}`, 0])),
      expect.arrayContaining(['kex_1: unknown key; did you mean "key_1"?', 'and more']),
    ],
    [
      'very many problems',
      list({ items: { type: 'string' } }),
      { a: Array(5000).fill(7) },
      [
        ...Array.from({ length: 100 }, (_, index) => `a.${index}: must be a string, not a number`),
        'and more',
      ],
    ],
  ])('%s', (_, schema, data, problems) => {
    const theirs = { claim: schema }
    const events = evaluate(standaloneEvents(theirs, 'theirs'))
    const ahead = validateBundled({ sources: {}, sinks: {}, events })
    for (const validate of [compileValidators(theirs, 'theirs'), ahead]) {
      const from = performance.now()
      expect(validate('claim', data)).toEqual(problems)
      expect(performance.now() - from).toBeLessThan(2000)
    }
  })
})

test('a worker has the regular expressions of RE2 only where a schema has one', async () => {
  const sizeWith = async (schema: JsonObject) => {
    const checks = { 'checks:schemas': standaloneEvents({ claim: schema }, 'theirs') }
    return (await bundle({ entry: 'export { default } from "checks:schemas"', checks })).length
  }
  expect(await sizeWith({ properties: { a: { type: 'string' } } })).toBeLessThan(3000)
  expect(await sizeWith({ properties: { a: { pattern: '^a' } } })).toBeGreaterThan(20_000)
})

describe('a schema that is not in order is a problem on its line, and says where it is wrong', () => {
  test.each([
    ['is no text of either kind', '{"a": [}', /^\.\/claim\.yaml:1:8 {2}is neither JSON nor YAML: /],
    ['is no object', '[]', './claim.yaml:1:1  must be a JSON Schema, an object'],
    ['is empty', '', './claim.yaml:1:1  must be a JSON Schema, an object'],
    [
      'has a key twice',
      '{"type": "object",\n "type": "object"}',
      './claim.yaml:2:2  type: duplicate key',
    ],
    [
      'has a type that is none',
      'type: object\nproperties:\n  a: { type: strin }',
      './claim.yaml:3:14  properties.a.type: must be one of array, boolean, integer, null, number, object, string; did you mean "string"?',
    ],
    ['has an unknown keyword', 'requird: [a]', './claim.yaml:1:1  unknown keyword: "requird"'],
    [
      'has a bad regular expression',
      'properties: { a: { pattern: "(" } }',
      './claim.yaml:1:29  properties.a.pattern: is no regular expression that RE2 has (no looking ahead or back, no back references): missing closing ): `(`',
    ],
    [
      'looks ahead in a key of patternProperties',
      'patternProperties:\n  (?=a): {}',
      './claim.yaml:2:3  patternProperties.(?=a): is no regular expression that RE2 has (no looking ahead or back, no back references): invalid or unsupported Perl syntax: `(?=`',
    ],
    [
      'has a format whose check takes too long',
      'properties: { a: { type: string, format: url } }',
      './claim.yaml:1:42  properties.a.format: takes too long for some texts: write uri',
    ],
    [
      'refers to another file',
      'properties: { a: { $ref: "./other.json" } }',
      './claim.yaml:1:26  properties.a.$ref: leads out of this file: put what it stands for under definitions, and write $ref: "#/definitions/…"',
    ],
    [
      'refers to nothing',
      '$ref: "#/definitions/a"',
      "./claim.yaml:1:1  can't resolve reference #/definitions/a from id #",
    ],
    [
      'has a name within',
      'definitions: { a: { $id: b.json } }',
      './claim.yaml:1:26  definitions.a.$id: has no meaning here: remove it, and write $ref: "#/…"',
    ],
    [
      'is of another dialect',
      '$schema: https://json-schema.org/draft/2020-12/schema',
      './claim.yaml:1:10  $schema: is a dialect that cannot be read here: write it in draft-07',
    ],
    [
      'is of draft-04',
      'properties: { a: { type: number, exclusiveMinimum: true } }',
      './claim.yaml:1:52  properties.a.exclusiveMinimum: must be a number, not true or false',
    ],
    ['would check later', '$async: true', './claim.yaml:1:9  $async: must not be there'],
  ])('%s', async (_, schema, message) => {
    const problems = await problemsOf(file(), reading(schema))
    expect(problems).toMatchObject([{ line: 6, column: 10, path: 'schemas.claim' }])
    if (typeof message === 'string') expect(problems[0]?.message).toBe(message)
    else expect(problems[0]?.message).toMatch(message)
  })

  test('a file that is not there', async () => {
    expect((await problemsOf(file())).map(short)).toEqual([
      '6:10 schemas.claim: cannot read ./claim.yaml: ENOENT: no such file; name a file beside routes.yaml, with a JSON Schema in it',
    ])
  })

  test('not even the shape of the section', async () => {
    const text = file().replace('  claim: ./claim.yaml', '  claim: 7\n  "a b": x')
    expect(await said(text, CLAIM)).toEqual([
      '6:10 schemas.claim: must be a string, not a number',
      '7:3 schemas.a b: must look like my_event',
    ])
    expect(await said(file().replace(/schemas:[\s\S]*/, 'schemas: [a]\n'), CLAIM)).toEqual([
      '5:10 schemas: must be an object, not a list',
    ])
  })

  test('all at once', async () => {
    const schema = 'properties:\n  a: { $ref: ./b.json }\n  c: { pattern: (a)\\1 }\n'
    const said = async (more: string) =>
      (await problemsOf(file(), reading(schema + more))).map(({ message }) => message.slice(0, 70))
    const outside = [
      './claim.yaml:2:14  properties.a.$ref: leads out of this file: put what',
      './claim.yaml:3:17  properties.c.pattern: is no regular expression that',
    ]
    expect(await said('requird: [a]\nadditionalPropertys: true')).toEqual([
      ...outside,
      './claim.yaml:1:1  unknown keyword: "requird"',
      './claim.yaml:1:1  unknown keyword: "additionalPropertys"',
    ])
    expect(await said('required: a')).toEqual([
      ...outside,
      './claim.yaml:4:11  required: must be a list of strings, not a string',
    ])
  })

  test('values are no schemas: what looks like a reference there is none', async () => {
    const schema = parse(CLAIM)
    schema.properties.amount = { enum: [{ $ref: 'x.json' }], default: { $id: 'y' } }
    expect(await said(file(), JSON.stringify(schema))).toEqual([])
  })
})

test('a reference in the name is for Node alone', async () => {
  const text = file().replace('./claim.yaml', `"\${DIR}/claim.yaml"`)
  const asked: string[] = []
  const readSchema = async (path: string) => {
    asked.push(path)
    return CLAIM
  }
  await load(text, { readSchema, env: { DIR: '/etc' } })
  expect(asked).toEqual(['/etc/claim.yaml'])
  const failing = load(text, { env: { DIR: '/etc/hush-hush' } })
  await expect(failing).rejects.not.toThrow('hush')
  await expect(loadForBuild(text)).rejects.toThrow(
    'schemas.claim: must be written out: variables are known only where the worker runs',
  )
})

test('who wants the keys of the sources alone gets them', async () => {
  const loading = loadConfig(filesOf(file()), { ...options, sourcesOnly: true })
  expect((await loading).sources).toHaveLength(1)
})
