import { describe, expect, test } from 'vitest'
import { load, problemsOf, short } from './load-text.ts'

const FILE = `version: 1
sources:
  hooks:
    type: feishu
    verification_token: t
    app_id: cli_a1b2c3d4e5f60718
    app_secret: s3cret-of-the-app
    subscribe: true
  other: { type: feishu, path: /other, verification_token: t }
sinks:
  log: { type: log }
routes:
`

/** By source: each code, and where it is named. */
async function approvalsOf(routes: string) {
  const { approvals } = await load(FILE + routes)
  return Object.fromEntries(
    [...approvals].map(([source, wanted]) => [
      source,
      Object.fromEntries(wanted.map(({ code, places }) => [code, places])),
    ]),
  )
}

async function warningsOf(routes: string, file = FILE): Promise<string[]> {
  const { warnings } = await load(file + routes)
  return warnings.map(short)
}

describe('codes', () => {
  test('texts and lists, each once, with every place', async () => {
    const { hooks, other } = await approvalsOf(`
  - { name: one, match: { approval_code: A }, to: [log] }
  - name: two
    match:
      operate: READ
      approval_code:
        - B
        - A
    to: [log]
`)
    expect(hooks).toEqual({
      A: [
        'routes.yaml:14:42  routes.0.match.approval_code',
        'routes.yaml:20:11  routes.1.match.approval_code.1',
      ],
      B: ['routes.yaml:19:11  routes.1.match.approval_code.0'],
    })
    expect(other).toEqual(hooks)
  })

  test('within $or, and in choices of choices', async () => {
    const { hooks } = await approvalsOf(`
  - name: one
    match:
      $or:
        - { approval_code: A, operate: READ }
        - { operate: CREATE, $or: [{ approval_code: [B] }, { user_id: u }] }
    to: [log]
`)
    expect(hooks).toEqual({
      A: ['routes.yaml:17:28  routes.0.match.$or.0.approval_code'],
      B: [expect.stringContaining('routes.0.match.$or.1.$or.0.approval_code.0')],
    })
  })

  test('only exact texts name one', async () => {
    const { hooks } = await approvalsOf(`
  - name: one
    match:
      approval_code: [{ prefix: P }, { suffix: S }, { wildcard: W* }, { anything-but: N }, { equals-ignore-case: e }, "", A]
    to: [log]
  - { name: two, match: { instance_code: I, approval_code: [{ exists: true }] }, to: [log] }
  - { name: three, to: [log] }
`)
    expect(Object.keys(hooks ?? {})).toEqual(['A'])
  })

  test('by the sources that a route takes events from, and not of routes that are off', async () => {
    const { hooks, other } = await approvalsOf(`
  - { name: one, from: [hooks], match: { approval_code: A }, to: [log] }
  - { name: two, from: [other], match: { approval_code: B }, to: [log] }
  - { name: three, enabled: false, match: { approval_code: C }, to: [log] }
`)
    expect([Object.keys(hooks ?? {}), Object.keys(other ?? {})]).toEqual([['A'], ['B']])
  })

  test('of an app with several sources: all by the first that subscribes, whichever brings them', async () => {
    const app = 'app_id: cli_a1b2c3d4e5f60718, app_secret: s'
    const file = FILE.replace(
      'sinks:',
      `  again: { type: feishu, path: /again, verification_token: t, ${app}, subscribe: true }
  quiet: { type: feishu, path: /quiet, verification_token: t, ${app}, domain: "https://open.feishu.cn/" }
  lark: { type: feishu, path: /lark, verification_token: t, ${app}, domain: "https://open.larksuite.com" }
sinks:`,
    )
    const { approvals } = await load(`${file}
  - { name: one, from: [quiet], match: { approval_code: A }, to: [log] }
  - { name: two, from: [again], match: { approval_code: B }, to: [log] }
  - { name: three, from: [lark], match: { approval_code: C }, to: [log] }
`)
    const codes = [...approvals].map(([name, wanted]) => [name, wanted.map(({ code }) => code)])
    expect(Object.fromEntries(codes)).toEqual({
      hooks: ['A', 'B'],
      again: [],
      quiet: [],
      lark: ['C'],
      other: [],
    })
    const first = file.replace('    subscribe: true\n', '')
    const moved = await load(`${first}
  - { name: one, match: { approval_code: A }, to: [log] }
`)
    expect(moved.approvals.get('hooks')).toEqual([])
    expect(moved.approvals.get('again')).toHaveLength(1)
  })

  test('from a variable and by an alias, and the file may have another name', async () => {
    const routes = `
  - { name: one, match: { approval_code: &code "\${TOKEN}" }, to: [log] }
  - { name: two, match: { approval_code: *code }, to: [log] }
`
    const { approvals } = await load({ 'mine.yaml': FILE + routes })
    expect(approvals.get('hooks')).toEqual([
      {
        code: 'token-from-outside',
        places: [
          expect.stringMatching(/^mine\.yaml:14:\d+ {2}routes\.0\.match\.approval_code$/),
          expect.stringMatching(/^mine\.yaml:14:\d+ {2}routes\.1\.match\.approval_code$/),
        ],
      },
    ])
  })
})

describe('a route that names no approval', () => {
  const WARNING =
    'names no approval_code: it gets only events of approvals that are subscribed elsewhere'

  test.each([
    ['without match', '{ name: x, to: [log] }'],
    ['by other fields', '{ name: x, match: { operate: READ }, to: [log] }'],
    ['by type', '{ name: x, match: { type: approval_cc }, to: [log] }'],
  ])('is warned of: %s', async (_, route) => {
    const [warning, ...more] = await warningsOf(`  - ${route}\n`)
    expect(more).toEqual([])
    expect(warning).toMatch(new RegExp(`^13:\\d+ routes\\.0\\.match: ${WARNING}$`))
  })

  test.each([
    ['by a prefix', '{ approval_code: [{ prefix: A }] }'],
    ['by a prefix beside a code', '{ approval_code: [A, { prefix: B }] }'],
    ['in only one choice', '{ $or: [{ approval_code: A }, { operate: READ }] }'],
    [
      'in only one inner choice',
      '{ $or: [{ approval_code: A }, { $or: [{ approval_code: B }, { operate: READ }] }] }',
    ],
  ])('or not all, is warned of beside others that do: %s', async (_, match) => {
    const [warning, ...more] = await warningsOf(`  - { name: x, match: ${match}, to: [log] }
  - { name: y, match: { approval_code: K }, to: [log] }
`)
    expect(more).toEqual([])
    expect(warning).toMatch(
      /routes\.0\.match: takes approvals that it does not name by exact texts: .* that other routes name, or that are subscribed elsewhere$/,
    )
  })

  test('is no mistake beside a route of that app that names some: the usual archive', async () => {
    const named = '  - { name: x, match: { approval_code: A }, to: [log] }\n'
    const rest =
      '  - { name: reads, match: { operate: READ }, to: [log] }\n  - { name: archive, to: [log] }\n'
    expect(await warningsOf(named + rest)).toEqual([])
    const elsewhere = named.replace('match:', 'from: [other], match:')
    expect(await warningsOf(elsewhere + rest)).toHaveLength(2)
    const off = named.replace('match:', 'enabled: false, match:')
    expect(await warningsOf(off + rest)).toHaveLength(2)
  })

  test('is warned of where another source of its app subscribes', async () => {
    const app = 'app_id: cli_a1b2c3d4e5f60718, app_secret: s'
    const file = FILE.replace('verification_token: t }', `verification_token: t, ${app} }`)
    const [warning] = await warningsOf('  - { name: x, from: [other], to: [log] }\n', file)
    expect(warning).toContain(WARNING)
  })

  const subscribing = FILE
  const quiet = FILE.replace('subscribe: true', 'subscribe: false')
  const messages = FILE.replace(
    'subscribe: true',
    'subscribe: true\n    events: [im.message.receive_v1]',
  )
  const everything = FILE.replace('subscribe: true', 'subscribe: true\n    events: "*"')

  test.each([
    ['one that names one', subscribing, '{ name: x, match: { approval_code: [A, B] }, to: [log] }'],
    [
      'one that names one in every choice that takes approvals',
      everything,
      '{ name: x, match: { $or: [{ approval_code: A }, { type: im.message.receive_v1 }, { operate: READ, $or: [{ approval_code: B }, { approval_code: [C] }] }] }, to: [log] }',
    ],
    ['one that is off', subscribing, '{ name: x, enabled: false, to: [log] }'],
    ['one of another source', subscribing, '{ name: x, from: [other], to: [log] }'],
    ['where nobody subscribes', quiet, '{ name: x, to: [log] }'],
    [
      'one of other events',
      everything,
      '{ name: x, match: { type: im.message.receive_v1 }, to: [log] }',
    ],
    ['where only other events are accepted', messages, '{ name: x, from: [hooks], to: [log] }'],
  ])('is not warned of: %s', async (_, file, route) => {
    expect(
      await warningsOf(`  - ${route}\n  - { name: y, from: [other], to: [log] }\n`, file),
    ).toEqual([])
  })

  test('is warned of where all events are accepted', async () => {
    expect(await warningsOf('  - { name: x, to: [log] }\n', everything)).toHaveLength(1)
  })
})

describe('options', () => {
  const source = (lines: string) => `version: 1
sources:
  hooks:
    type: feishu
    verification_token: t
${lines.replaceAll(/^/gm, '    ')}
`
  const problems = async (lines: string) => (await problemsOf(source(lines))).map(short)

  test('subscribe needs both credentials', async () => {
    expect(await problems('subscribe: true')).toEqual([
      '3:3 sources.hooks.app_id: is missing: subscribe: true needs it',
      '3:3 sources.hooks.app_secret: is missing: subscribe: true needs it',
    ])
    expect(await problems('subscribe: true\napp_id: cli_1')).toEqual([
      '3:3 sources.hooks.app_secret: is missing: subscribe: true needs it',
    ])
    expect(await problems('app_secret: s')).toEqual([
      '3:3 sources.hooks.app_id: is missing: app_id and app_secret go together',
    ])
    expect(await problems('subscribe: true\napp_id: cli_1\napp_secret: s')).toEqual([])
  })

  test.each(['open.feishu.cn', 'ftp://open.feishu.cn', '""'])('domain %s', async (domain) => {
    const [problem] = await problems(`domain: ${domain}`)
    expect(problem).toMatch(/^6:13 sources\.hooks\.domain: must be a whole address/)
  })

  test('a domain with a user or a query', async () => {
    for (const domain of ['https://a:b@open.feishu.cn', 'https://open.feishu.cn/?x=1']) {
      const [problem] = await problems(`domain: ${domain}`)
      expect(problem).toMatch(/without user, query and fragment$/)
    }
  })

  test('a domain that the egress rules refuse, where it is used', async () => {
    const egress = 'egress: { deny: ["*.feishu.cn"] }\n'
    const credentials = source('app_id: cli_1\napp_secret: s\ndomain: https://open.feishu.cn')
    expect((await problemsOf(credentials + egress)).map(short)).toEqual([
      expect.stringMatching(/^8:13 sources\.hooks\.domain: is refused by the egress rules/),
    ])
    expect(await problemsOf(source('events: "*"') + egress)).toEqual([])
  })

  test('the secret is shown nowhere', async () => {
    const found = await problemsOf(
      source('app_secret: hunter2-and-more\nsubscribe: true\nevnts: 1'),
    )
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })
})
