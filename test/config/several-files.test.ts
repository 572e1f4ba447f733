import { describe, expect, test } from 'vitest'
import { formatProblems } from '../../src/config/problems.ts'
import { loadForBuild, problemsAtEdge, start } from './bundled-text.ts'
import { filesOf, load, problemsOf, report, short, type Texts } from './load-text.ts'

const MAIN = `version: 1
sources: { feishu: { type: feishu, verification_token: "\${TOKEN}" } }
`
const OWN = `${MAIN}sinks: { archive: { type: log } }
routes: [{ name: all, to: [archive] }]
`
const FINANCE = `version: 1
sinks:
  finance: { type: webhook, url: https://finance.example.com/hook }
routes:
  - { name: finance, match: { operate: CREATE }, to: [finance, archive] }
`
const HR = `sinks: { hr: { type: log } }
routes:
  - { name: hr, to: [hr] }
  - { name: hr-reads, match: { operate: READ }, to: [hr] }
`
const whole = { 'routes.yaml': OWN, 'routes.d/finance.yaml': FINANCE, 'routes.d/hr.yaml': HR }

/** What Node says of them; the build, or the worker when it starts, says the same. */
async function said(files: Readonly<Record<string, string>>): Promise<string[]> {
  const problems = (await problemsOf(files)).map(short)
  expect((await problemsAtEdge(files)).map(short)).toEqual(problems)
  return problems
}

describe('routes.yaml and files of teams', () => {
  test('are one plan: the routes of routes.yaml first, and any may send to any sink', async () => {
    const { sinks, routes, warnings } = await load(whole)
    expect(sinks.map(({ name }) => name)).toEqual(['archive', 'finance', 'hr'])
    expect(routes.map(({ name, to, place }) => [name, to, place])).toEqual([
      ['all', ['archive'], { file: 'routes.yaml', line: 4 }],
      ['finance', ['finance', 'archive'], { file: 'routes.d/finance.yaml', line: 5 }],
      ['hr', ['hr'], { file: 'routes.d/hr.yaml', line: 3 }],
      ['hr-reads', ['hr'], { file: 'routes.d/hr.yaml', line: 4 }],
    ])
    expect(warnings).toEqual([])
  })

  test('come to the same in a worker', async () => {
    const { hiddenText, words, ...onNode } = await load(whole)
    const { hiddenText: _, words: __, ...atEdge } = await start(whole)
    expect(atEdge).toEqual(onNode)
  })

  test('are enough where routes.yaml has neither sinks nor routes', async () => {
    const { routes } = await load({ ...whole, 'routes.yaml': MAIN, 'routes.d/finance.yaml': '{}' })
    expect(routes.map(({ name }) => name)).toEqual(['hr', 'hr-reads'])
  })

  test('are warned of a sink that none of them sends to, and it is no warning if one does', async () => {
    const { warnings } = await load({
      ...whole,
      'routes.d/hr.yaml': 'sinks: { hr: { type: log } }',
    })
    expect(warnings.map(short)).toEqual(['routes.d/hr.yaml:1:10 sinks.hr: no route sends to it'])
  })

  test('name the approvals that they are about, each with its own place', async () => {
    const route = '{ name: a, match: { approval_code: A }, to: [archive] }'
    const files = {
      ...whole,
      'routes.d/a.yaml': `routes:\n  - ${route}\n`,
      'routes.d/hr.yaml': '{}',
    }
    const { approvals } = await load(files)
    const named = [{ code: 'A', places: ['routes.d/a.yaml:2:40  routes.0.match.approval_code'] }]
    expect(approvals.get('feishu')).toEqual(named)
    expect((await start(files)).approvals.get('feishu')).toEqual(named)
  })
})

const X = `"\${X}"`

describe('what is wrong with several files', () => {
  test('is said at once, each under the name of its file and by its own count', async () => {
    const files = {
      'routes.yaml': OWN.replace('to: [archive]', 'to: [archve]'),
      'routes.d/finance.yaml': FINANCE.replace(' }\nroutes', ', retry: { attempts: 0 } }\nroutes'),
      'routes.d/hr.yaml': HR.replace('to: [hr] }\n  -', 'too: [hr] }\n  -').replace('READ', '7'),
    }
    expect(await said(files)).toEqual([
      '4:28 routes.0.to.0: no sink is called "archve"; did you mean "archive"?',
      'routes.d/finance.yaml:3:87 sinks.finance.retry.attempts: must be >= 1',
      'routes.d/hr.yaml:3:17 routes.0.too: unknown key; did you mean "to"?',
      'routes.d/hr.yaml:4:41 routes.1.match.operate: is a number, but operate is a string: put it in quotes',
    ])
  })

  test('has the lines of its file with a caret, and no secret of any file', async () => {
    const shown = await report({
      'routes.yaml': MAIN,
      'routes.d/finance.yaml': `sinks: { a: { type: webhook, url: "https://u:HUSH@a", encrypt_key: HUSH, colour: x } }`,
      'routes.d/hr.yaml': `version: 2\nsources: { more: { type: feishu, verification_token: HUSH } }\n`,
    })
    expect(shown).toBe(`routes.d/finance.yaml:1:74  sinks.a.colour: unknown key
    sinks: { a: { type: webhook, url: "https://***@a", encrypt_key: ***, colour: *** } }
                                                                         ^

routes.d/hr.yaml:1:10  version: must be 1
    version: 2
             ^

routes.d/hr.yaml:2:1  sources: belongs in routes.yaml
    sources: ***
    ^`)
  })

  test.each<[string, string, string[]]>([
    ['another section', 'retention: { dead: 1d }', ['1:1 retention: belongs in routes.yaml']],
    ['an unknown key', 'rotues: []', ['1:1 rotues: unknown key; did you mean "routes"?']],
    ['a version of its own', 'version: 2', ['1:10 version: must be 1']],
    ['no object', '- a', ['1:1 must be an object, not a list']],
    ['nothing', '', ['1:1 must be an object, but is empty']],
    ['sinks that are none', 'sinks: []', ['1:8 sinks: must be an object, not a list']],
    ['routes that are none', 'routes: { a: 1 }', ['1:9 routes: must be a list, not an object']],
    ['a key twice', 'version: 1\nversion: 1', ['2:1 version: duplicate key']],
    ['a sink twice', 'sinks: {a: {type: log}, a: {type: log}}', ['1:25 sinks.a: duplicate key']],
    [
      'a route twice',
      'routes: [{name: a, to: [archive]}, {name: a, to: [archive]}]',
      ['1:43 routes.1.name: is the name of an earlier route too'],
    ],
    [
      'a variable that is not there',
      `sinks: { a: { type: webhook, url: ${X} } }`,
      ['1:35 sinks.a.url: X is not set: set it in the environment or in .env'],
    ],
    [
      'a bad name',
      'sinks: { "a b": { type: log } }',
      ['1:10 sinks.a b: must look like finance, hr-app'],
    ],
  ])('%s', async (_, text, problems) => {
    const found = await problemsOf({ ...whole, 'routes.d/team.yaml': text })
    expect(found.map(short)).toEqual(problems.map((problem) => `routes.d/team.yaml:${problem}`))
  })

  test('a sink or a route of one name in two files is said at the later, with the place of the first', async () => {
    const again = `sinks: { archive: { type: log }, finance: { type: log, timeout: 7 } }
routes: [{ name: mine, to: [hr] }, { name: finance, to: [hr] }]
`
    const advice = 'as well: give one of the two another name'
    expect(await said({ ...whole, 'routes.d/team.yaml': again })).toEqual([
      `routes.d/team.yaml:1:10 sinks.archive: is in routes.yaml:3:10 ${advice}`,
      `routes.d/team.yaml:1:34 sinks.finance: is in routes.d/finance.yaml:3:3 ${advice}`,
      'routes.d/team.yaml:1:65 sinks.finance.timeout: must look like 500ms, 10s, 5m, 6h, 7d',
      `routes.d/team.yaml:2:44 routes.1.name: is in routes.d/finance.yaml:5:13 ${advice}`,
    ])
  })

  test('where one cannot be read as YAML, nothing is said that may follow from it', async () => {
    const broken = '}\n'
    const wrong = HR.replace('to: [hr]', 'to: [finance], form: [x]')
    const files = { ...whole, 'routes.d/finance.yaml': broken, 'routes.d/hr.yaml': wrong }
    expect(await said(files)).toEqual([
      'routes.d/finance.yaml:1:1 Unexpected flow-map-end token in YAML document',
      'routes.d/hr.yaml:3:32 routes.0.form: unknown key; did you mean "from"?',
    ])
    expect(await said({ ...files, 'routes.yaml': 'a: b: c', 'routes.d/finance.yaml': '' })).toEqual(
      [
        '1:4 Nested mappings are not allowed in compact mappings',
        'routes.d/finance.yaml:1:1 must be an object, but is empty',
        'routes.d/hr.yaml:3:32 routes.0.form: unknown key; did you mean "from"?',
      ],
    )
  })

  test('is passed over by who wants the sources alone', async () => {
    const files = { ...whole, 'routes.d/finance.yaml': '}', 'routes.d/hr.yaml': 'a: 1' }
    const { sources } = await load(files, { sourcesOnly: true })
    expect(sources).toHaveLength(1)
  })

  test('in a worker has its place too', async () => {
    const files = {
      ...whole,
      'routes.d/finance.yaml': FINANCE.replace(/https\S+/, X).replace('CREATE', X),
    }
    const { config } = await loadForBuild(files)
    expect(config.parts.map(({ name }) => name)).toEqual(Object.keys(files))
    expect((await problemsAtEdge(files, { TOKEN: 't' })).map(short)).toEqual([
      'routes.d/finance.yaml:3:34 sinks.finance.url: X is not set: set it among the secrets of this worker',
      'routes.d/finance.yaml:5:40 routes.0.match.operate: X is not set: set it among the secrets of this worker',
    ])
  })

  test('and was seen only when a sink was opened is looked up in its file', () => {
    const problem = { path: 'sinks.hr', message: 'cannot be opened: no such broker' }
    const files: Texts = whole
    expect(formatProblems(filesOf(files), [problem])).toBe(
      `routes.d/hr.yaml:1:10  sinks.hr: cannot be opened: no such broker
    sinks: { ***: { ***: *** } }
             ^`,
    )
  })
})
