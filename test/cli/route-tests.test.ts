import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { testFiles } from '../../src/cli/test/files.ts'
import { misspeltFields } from '../../src/cli/test/misspelt.ts'
import { readTests } from '../../src/cli/test/read.ts'
import { resultJson, resultLines, summaryLine } from '../../src/cli/test/report.ts'
import { runTest, type Standards } from '../../src/cli/test/run-test.ts'
import { createRouting } from '../../src/config/routing.ts'
import { compileValidators } from '../../src/config/validators.ts'
import { defineSink, type SinkType } from '../../src/core/plugin.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { ConfigFileError } from '../../src/hosts/config-file-error.ts'
import { load, short, sourceTypes } from '../config/load-text.ts'
import { type Folder, openFolder, run } from '../serve.ts'

interface Fixtures {
  readonly routes: string
  readonly tests: readonly { name: string; test: string; prints: string }[]
  readonly problems: readonly { text: string; says: readonly string[] }[]
}
const fixtures: Fixtures = parse(
  readFileSync(new URL('../fixtures/route-tests.yaml', import.meta.url), 'utf8'),
)

function sinkType(type: string, preview?: NonNullable<SinkType['preview']>): SinkType {
  const options = { type: 'object', properties: {} }
  return defineSink({
    type,
    options,
    ...(preview && { preview }),
    open: () => ({ async deliver() {} }),
  })
}

const plugs = [
  sinkType('echo', ({ data }) => JSON.stringify(data)),
  sinkType('mute'),
  sinkType('fragile', ({ data }) => {
    if (data.tenant_key === 'broken') throw new Error('no such field')
    return '{}'
  }),
]

const FILES = {
  'events/created.json': '{ "approval_code": "A", "operate": "CREATE" }',
  'events/broken.json': '{ "approval_code": ',
  'events/list.json': '[]',
}

let folder: Folder
let standards: Standards
const accepted: Readonly<Record<string, readonly string[]>> = {
  feishu: ['approval_cc', 'approval_task'],
  lark: ['approval_cc'],
}
const named = { sinks: ['finance', 'hr', 'lake', 'chat', 'archive'], sources: ['feishu', 'lark'] }

beforeAll(async () => {
  folder = await openFolder(FILES)
  const resolveSink = async (type: string) => plugs.find((plug) => plug.type === type)
  const config = await load(fixtures.routes, { env: {}, mayLack: 'unrouted', resolveSink })
  standards = {
    routing: createRouting(config, {
      validate: compileValidators(eventSchemas),
      sourceType: (type) => sourceTypes.find((known) => known.type === type),
      sinkType: resolveSink,
    }),
    accepting: (type) => Object.keys(accepted).filter((name) => accepted[name]?.includes(type)),
    warningsOf: misspeltFields(eventSchemas),
  }
})
afterAll(() => folder[Symbol.asyncDispose]())

async function resultOf(text: string) {
  await folder.write('routes.test.yaml', text)
  const [one] = readTests([`${folder.path}/routes.test.yaml`], named)
  if (one === undefined) throw new Error('there is no test')
  return runTest({ ...one, file: 'routes.test.yaml' }, standards)
}

/** One test called `it`. */
const fileOf = (test: string) => `tests:\n  - name: it\n${test.replaceAll(/^(?=.)/gm, '    ')}`

describe('a test says what came, and a failure why', () => {
  test.each(fixtures.tests)('$name', async ({ test: text, prints }) => {
    const result = await resultOf(fileOf(text))
    expect(`${resultLines(result, (_, shown) => shown).join('\n')}\n`).toBe(prints)
  })

  test('in colours where there are any', async () => {
    const result = await resultOf(fileOf('given: { approval_code: B }\nexpect: [lake, hr]\n'))
    const lines = resultLines(result, (colour, text) =>
      text === '' ? '' : `<${colour}>${text}</>`,
    )
    expect(lines).toContain('<red>FAIL</>  it')
    expect(lines).toContain('      <red>- hr: no route to it matches</>')
    expect(lines).toContain('      <green>+ chat: a route to it matches</>')
  })

  test('for programs as well', async () => {
    const result = await resultOf(fileOf('given: { approval_code: X }\nexpect: [finance]\n'))
    expect(JSON.parse(JSON.stringify(resultJson(result)))).toMatchObject({
      ...{ name: 'it', file: 'routes.test.yaml', line: 2, column: 5, passed: false },
      ...{
        expect: ['finance'],
        outcome: 'accepted',
        problems: [],
        sinks: [],
        extra: [],
        bodies: [],
      },
      missing: [
        {
          sink: 'finance',
          routes: [{ name: 'created', place: 'routes.yaml:12', why: 'operate: absent' }],
        },
      ],
    })
    expect(summaryLine([result, { ...result, passed: true }])).toBe('1 passed, 1 failed')
  })
})

describe('a file that is wrong says where and what, all at once', () => {
  test.each(fixtures.problems)('$says', async ({ text, says }) => {
    const problems = await problemsOf(text)
    expect(problems.map(short)).toEqual(says.map((line) => expect.stringContaining(line)))
  })

  test('the problems of several files, each with its line and a caret', async () => {
    await folder.write('a.test.yaml', 'tests:\n  - { name: a, given: {}, expect: [laek] }\n')
    const files = [`${folder.path}/a.test.yaml`, `${folder.path}/b.test.yaml`]
    try {
      readTests(files, named)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof ConfigFileError)) throw error
      expect(error.report).toContain('a.test.yaml:2:36  tests.0.expect.0: no sink is called "laek"')
      expect(error.report).toContain('expect: [laek] }\n')
      expect(error.report).toMatch(/\n +\^\n/)
      expect(error.report).toMatch(/b\.test\.yaml {2}cannot be read: ENOENT/)
    }
  })
})

async function problemsOf(text: string) {
  await folder.write('routes.test.yaml', text)
  try {
    readTests([`${folder.path}/routes.test.yaml`], named)
    return []
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error
    return error.problems
  }
}

describe('the command', () => {
  const ROUTES = `version: 1
sources: { feishu: { type: feishu, verification_token: "\${TOKEN}" } }
sinks:
  one: { type: webhook, url: "\${ONE_URL}", secret: "\${ONE_SECRET}" }
  two: { type: log }
routes: [{ name: created, match: { operate: CREATE }, to: [one] }]
`
  const GOOD = 'tests: [{ name: created, given: { operate: CREATE }, expect: [one] }]\n'
  const BAD = 'tests: [{ name: read, given: { operate: READ }, expect: [two] }]\n'
  const TEAM = 'routes: [{ name: reads, match: { operate: READ }, to: [two] }]\n'

  const files = {
    'routes.yaml': ROUTES,
    'routes.test.yaml': GOOD,
    'routes.d/team.yaml': TEAM,
    'routes.d/team.test.yaml': BAD,
  }

  test('needs no secrets, and runs the teams’ tests too', async () => {
    await using all = await openFolder(files)
    const { code, stdout, stderr } = await run(all, ['test'])
    expect([code, stdout, stderr]).toEqual([0, 'ok    created\nok    read\n\n2 passed\n', ''])
    const checked = await run(all, ['check', '--no-env'])
    expect([checked.code, checked.stderr]).toEqual([0, ''])
  })

  test('a test that fails makes it 1, a wrong file 2', async () => {
    const noone = GOOD.replace('one', 'noe')
    await using both = await openFolder({ ...files, 'routes.d/team.yaml': 'routes: []\n', noone })
    const failed = await run(both, ['test', '--json'])
    const results = failed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect([failed.code, failed.stderr]).toEqual([1, ''])
    expect(results.map(({ file, passed }) => [file, passed])).toEqual([
      ['routes.test.yaml', true],
      ['routes.d/team.test.yaml', false],
    ])
    const wrong = await run(both, ['test', 'noone'])
    expect([wrong.code, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toMatch(/^noone:1:\d+ .*did you mean "one"/)
  })
})

describe('which files have tests', () => {
  test('those beside the file and in routes.d, by name; not hidden ones, nor others', async () => {
    const names = ['routes.test.yml', 'routes.yaml', 'other.test.yaml', 'routes.test.json']
    const teams = ['b.test.yaml', 'a.test.yml', '.c.test.yaml', 'd.yaml'].map(
      (name) => `routes.d/${name}`,
    )
    await using some = await openFolder(
      Object.fromEntries([...names, ...teams].map((name) => [name, ''])),
    )
    const found = (config: string) =>
      testFiles(`${some.path}/${config}`).map((file) => file.slice(some.path.length + 1))
    const ofTeams = ['routes.d/a.test.yml', 'routes.d/b.test.yaml']
    expect(found('routes.yaml')).toEqual(['routes.test.yml', ...ofTeams])
    expect(found('other.yaml')).toEqual(['other.test.yaml', ...ofTeams])
  })

  test('where there are none, it is shown how one looks', async () => {
    const example =
      /^there is no .*routes\.test\.yaml\. It looks like this:\n\ntests:\n {2}- name: /
    expect(() => testFiles(`${folder.path}/nowhere/routes.yaml`)).toThrow(example)
  })
})
