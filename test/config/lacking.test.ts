import { expect, test } from 'vitest'
import { load, problemsOf, short } from './load-text.ts'

/** Every kind of secret, and none of them there. */
const FILE = `version: 1
sources:
  feishu: { type: feishu, verification_token: "\${TOKEN}", encrypt_key: ["\${KEY}", "\${file:/none}"] }
sinks:
  finance: { type: webhook, url: "\${URL}", secret: "\${SECRET}", format: data, timeout: 5s }
  lake: { type: webhook, url: https://lake.example.com, headers: { X: "Bearer \${BEARER}" } }
routes:
  - { name: created, match: { operate: CREATE }, to: [finance, lake] }
`
const env = {}
const secrets = { env, mayLack: 'secrets' } as const

test('a file without its secrets is read but for them', async () => {
  const { sources, sinks, routes, warnings } = await load(FILE, secrets)
  expect(sources.map(({ name, events }) => [name, events])).toEqual([['feishu', ['approval_cc']]])
  expect(
    sinks.map(({ name, settings, options }) => [name, settings.timeoutMs, options.format]),
  ).toEqual([
    ['finance', 5000, 'data'],
    ['lake', 10_000, 'feishu'],
  ])
  expect(routes).toHaveLength(1)
  expect(warnings).toEqual([])
  expect(await problemsOf(FILE, { env })).toHaveLength(6)
})

test.each([
  ['format: data', 'format: dtaa', /sinks\.finance\.format: .*did you mean "data"/],
  ['timeout: 5s', 'timeout: 5 apples', /sinks\.finance\.timeout: /],
  ['timeout: 5s', 'tiemout: 5s', /sinks\.finance\.tiemout: unknown key/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own.
  ['${SECRET}', '${SECRET:-{}', /sinks\.finance\.secret: .*default cannot hold/],
  ['[finance, lake]', '[finnance]', /routes\.0\.to\.0: no sink is called "finnance"/],
])('what has nothing to do with them is checked: %s as %s', async (from, to, problem) => {
  const problems = await problemsOf(FILE.replace(from, to), secrets)
  expect(problems.map(short)).toEqual([expect.stringMatching(problem)])
})

test('what routes depend on must be there, unless all may be missing', async () => {
  const match = FILE.replace('CREATE', `"\${OPERATE}"`)
  const missing = [
    '8:40 routes.0.match.operate: OPERATE is not set: set it in the environment or in .env',
  ]
  expect((await problemsOf(match, secrets)).map(short)).toEqual(missing)
  expect(await problemsOf(match, { env, mayLack: 'all' })).toEqual([])
  expect(await problemsOf(match, { env: { OPERATE: 'CREATE' }, mayLack: 'secrets' })).toEqual([])
  const type = FILE.replace('type: webhook', `type: "\${TYPE}"`)
  expect((await problemsOf(type, secrets)).map(short)).toContainEqual(
    expect.stringContaining('sinks.finance.type: TYPE is not set'),
  )
})

test('a value that is there is used, and is checked', async () => {
  const format = FILE.replace('format: data', `format: "\${FORMAT}"`)
  const withFormat = (FORMAT: string) => ({ env: { FORMAT }, mayLack: 'secrets' }) as const
  expect((await load(format, withFormat('data'))).sinks[0]?.options.format).toBe('data')
  const problems = await problemsOf(format, withFormat('dtaa'))
  expect(problems.map(({ path }) => path)).toEqual(['sinks.finance.format'])
})
