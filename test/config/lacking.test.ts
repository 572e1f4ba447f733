// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the file's own.
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
const secrets = { env, mayLack: 'unrouted' } as const

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
  ['${SECRET}', '${SECRET:-{}', /sinks\.finance\.secret: .*default cannot hold/],
  ['[finance, lake]', '[finnance]', /routes\.0\.to\.0: no sink is called "finnance"/],
])('what has nothing to do with them is checked: %s as %s', async (from, to, problem) => {
  const problems = await problemsOf(FILE.replace(from, to), secrets)
  expect(problems.map(short)).toEqual([expect.stringMatching(problem)])
})

test('what routes depend on must be there, unless all may be missing', async () => {
  const match = FILE.replace('CREATE', `"\${OPERATE}"`)
  const missing = [
    '8:40 routes.0.match.operate: OPERATE is not set: set it in the environment or in .env (routes depend on it; `check --no-env` does without)',
  ]
  expect((await problemsOf(match, secrets)).map(short)).toEqual(missing)
  expect(await problemsOf(match, { env, mayLack: 'all' })).toEqual([])
  expect(await problemsOf(match, { env: { OPERATE: 'CREATE' }, mayLack: 'unrouted' })).toEqual([])
  const type = FILE.replace('type: webhook', `type: "\${TYPE}"`)
  expect((await problemsOf(type, secrets)).map(short)).toContainEqual(
    expect.stringContaining('sinks.finance.type: TYPE is not set'),
  )
})

test('a value that is there is used, and is checked', async () => {
  const format = FILE.replace('format: data', `format: "\${FORMAT}"`)
  const withFormat = (FORMAT: string) => ({ env: { FORMAT }, mayLack: 'unrouted' }) as const
  expect((await load(format, withFormat('data'))).sinks[0]?.options.format).toBe('data')
  const problems = await problemsOf(format, withFormat('dtaa'))
  expect(problems.map(({ path }) => path)).toEqual(['sinks.finance.format'])
})

/** References in all kinds of places, each of which takes a text. */
const TEXTS = `version: 1
sources:
  feishu: { type: feishu, path: "/\${PATH}", verification_token: t }
sinks:
  a: { type: log, timeout: "\${T}", rate_limit: "\${R}", order_by: "\${O}" }
  b: { type: log, retry: { schedule: ["\${T}"] }, breaker: { cooldown: "\${T}" } }
retention: { delivered: "\${T}", dead: "\${T}" }
egress: { allow: ["\${A}", "a.example"] }
alerts: { to: [a, "\${S}"], events: ["\${E}"], every: "\${T}" }
redact: ["\${F}"]
routes: [{ name: all, to: [a, b] }]
`

test('no route depends on how things are sent, stored or told', async () => {
  const { sinks, warnings } = await load(TEXTS, secrets)
  expect(sinks.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(warnings).toEqual([])
})

test.each([
  ['routes: [{ name: all, to: [a, b] }]', 'routes: [{ name: all, to: [a, "${X}"] }]'],
  ['routes: [{ name: all,', 'routes: [{ name: "${X}",'],
  ['routes: [{ name: all,', 'routes: [{ name: all, from: ["${X}"],'],
  ['b: { type: log', 'b: { type: "${X}"'],
  ['{ type: feishu,', '{ type: feishu, events: ["${X}"],'],
  ['redact:', 'schemas: { my_event: "${X}" }\nredact:'],
])('routes depend on what stands in %s as %s', async (from, to) => {
  const text = TEXTS.replace(from, to)
  const problems = await problemsOf(text, secrets)
  expect(problems.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^X is not set: .*check --no-env/),
  )
  expect(problems).toHaveLength(1)
  expect(await problemsOf(text, { env, mayLack: 'all' })).toEqual([])
})

test.each([
  [
    'sinks.a.concurrency',
    'a: { type: log',
    'a: { type: log, concurrency: "${X}"',
    'a whole number',
  ],
  ['sinks.a.paused', 'a: { type: log', 'a: { type: log, paused: "${X}"', 'true or false'],
  [
    'sinks.a.retry.jitter',
    'a: { type: log',
    'a: { type: log, retry: { jitter: "${X}" }',
    'a number',
  ],
  ['sinks.a.retry', 'a: { type: log', 'a: { type: log, retry: "${X}"', 'an object'],
  ['sinks.a', 'a: { type: log', 'a: "${X}"\n  c: { type: log', 'an object'],
  [
    'sources.feishu.subscribe',
    '{ type: feishu,',
    '{ type: feishu, subscribe: "${X}",',
    'true or false',
  ],
  ['version', 'version: 1', 'version: "${X}"', '1'],
  ['routes.0.enabled', '{ name: all', '{ enabled: "${X}", name: all', 'true or false'],
  ['routes.0.match', '{ name: all', '{ match: "${X}", name: all', 'an object'],
  ['routes.0.to', 'to: [a, b]', 'to: "${X}"', 'a list of strings'],
  ['routes', 'routes: [{ name: all, to: [a, b] }]', 'routes: "${X}"', 'a list'],
  ['egress.allow', 'allow: ["${A}", "a.example"]', 'allow: "${X}"', 'a list of strings'],
  ['retention', 'retention: { delivered: "${T}", dead: "${T}" }', 'retention: "${X}"', 'an object'],
])('where no text can stand, a variable never can: %s', async (path, from, to, kind) => {
  const text = TEXTS.replace(from, to)
  const message = `must be ${kind}: write it out, for \${…} only ever gives a text`
  const problems = await problemsOf(text, { env, mayLack: 'all' })
  expect(problems.map((problem) => [problem.path, problem.message])).toEqual([[path, message]])
})

test('where some text may stand, one may come from outside', async () => {
  const text = (sink: string) => `version: 1
sources: { feishu: { type: feishu, verification_token: t, events: "\${X}" } }
sinks: { a: ${sink} }
routes: [{ name: all, match: { type: approval_task }, to: [a] }]
`
  for (const sink of [
    '{ type: robot, webhook_url: x, login: { by: key, key: "${X}" } }',
    '{ type: robot, webhook_url: x, mode: "${X}" }',
    '{ type: switched, mode: "${X}", size: 1 }',
  ]) {
    const { sinks, routes, warnings } = await load(text(sink), { env, mayLack: 'all' })
    expect([sinks.length, routes.length, warnings]).toEqual([1, 1, []])
  }
})

test('no sink is called unused while it is unknown where routes and alerts go', async () => {
  const text = (to: string) => `version: 1
sources: { feishu: { type: feishu, verification_token: t } }
sinks: { a: { type: log }, b: { type: log } }
routes: [{ name: all, to: [${to}] }]
`
  expect((await load(text('a'))).warnings.map(short)).toEqual([
    '3:28 sinks.b: no route sends to it',
  ])
  expect((await load(text('"${X}"'), { env, mayLack: 'all' })).warnings).toEqual([])
})
