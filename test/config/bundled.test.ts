import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { makeModules } from '../../src/cli/build/entry.ts'
import { validateBundled } from '../../src/config/bundled.ts'
import { compileValidators } from '../../src/config/validators.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { evaluate, loadForBuild, problemsAtEdge, start } from './bundled-text.ts'
import { load, problemsOf, short } from './load-text.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/routes/${name}`, import.meta.url), 'utf8')

const head = `version: 1
sources: { feishu: { type: feishu, verification_token: "\${T}" } }
`

describe('what Node says of a file, the build says where no variable is part of it', () => {
  const cases: { name: string; text: string; problems: string[] }[] = parse(
    fixture('problems.yaml'),
  )
  const literal = cases.filter(({ text }) => !text.includes('${'))
  test.each(literal)('$name', async ({ text, problems }) => {
    expect((await problemsAtEdge(text)).map(short)).toEqual(problems)
  })
})

describe('what Node says of a value from outside, the worker says when it starts', () => {
  interface Case {
    readonly name: string
    readonly source?: object
    readonly sink?: object
    readonly match?: object
    readonly X?: string
  }
  const cases: { wrong: Case[]; right: Case[] } = parse(fixture('unknown-values.yaml'))
  const textOf = ({ source, sink = { type: 'log' }, match }: Case) =>
    stringify({
      version: 1,
      sources: { feishu: { type: 'feishu', verification_token: 'hush', ...source } },
      sinks: { a: sink },
      routes: [{ name: 'all', ...(match && { match }), to: ['a'] }],
      egress: { deny: ['denied.example'] },
    })

  test.each(cases.right)('nothing of $name', async (right) => {
    const [text, env] = [textOf(right), { X: right.X }]
    expect(await problemsOf(text, { env })).toEqual([])
    expect(await problemsAtEdge(text, env)).toEqual([])
  })

  test.each(cases.wrong)('$name', async (wrong) => {
    const [text, env] = [textOf(wrong), { X: wrong.X }]
    await expect(loadForBuild(text)).resolves.toBeDefined()
    const onNode = (await problemsOf(text, { env })).map(short)
    expect(onNode.length).toBeGreaterThan(0)
    const advice = ['in the environment or in .env', 'among the secrets of this worker'] as const
    expect((await problemsAtEdge(text, env)).map(short)).toEqual(
      onNode.map((problem) => problem.replace(...advice)),
    )
  })
})

test('a text for a number is refused before anything is built', async () => {
  const built = loadForBuild(`${head}sinks:
  a: { type: robot, webhook_url: x, retries: "\${X}" }
`)
  const message = `must be a whole number: write it out, for \${…} only ever gives a text`
  await expect(built).rejects.toMatchObject({ problems: [{ path: 'sinks.a.retries', message }] })
})

test('an option that two sinks share, in the words of Node', async () => {
  const text = `${head}sinks:
  a: { type: counted, url: "\${X}" }
  b: { type: counted, url: "\${T}" }
`
  const env = { T: 'same', X: 'same' }
  const said = ['5:28 sinks.b.url: is the url of a too: give each sink its own']
  expect((await problemsOf(text, { env })).map(short)).toEqual(said)
  expect((await problemsAtEdge(text, env)).map(short)).toEqual(said)
})

test('a transform is checked when it is built, whatever its sink will be told then', async () => {
  const sink = (transform: string) => `${head}sinks:
  a: { type: webhook, url: "\${X}", format: data, transform: ${JSON.stringify(transform)} }
`
  const built = loadForBuild(sink('$summ(amounts)'))
  await expect(built).rejects.toMatchObject({
    problems: [{ path: 'sinks.a.transform', message: expect.stringContaining('$summ') }],
  })
  const { sinks } = await start(sink('$$.operate'), { T: 't', X: 'https://a.example' })
  expect(sinks[0]?.options).toMatchObject({ url: 'https://a.example', transform: '$$.operate' })
})

test('of very many problems the first are said', async () => {
  const sinks = Array.from(
    { length: 1100 },
    (_, at) => `  s${at}: { type: webhook, url: "\${X}" }\n`,
  )
  const text = `${head}sinks:\n${sinks.join('')}`
  const env = { T: 't', X: 'ftp://a.example' }
  const onNode = (await problemsOf(text, { env })).map(short)
  expect(onNode.at(-1)).toMatch(/and 100 more problems/)
  expect((await problemsAtEdge(text, env)).map(short)).toEqual(onNode)
})

test.each([
  ['check', { checks: { sources: {}, sinks: {}, events: {} } }],
  ['type', { sourceTypes: [], sinkTypes: [] }],
])('nothing starts without the %s that it is to be judged by', async (_, lacking) => {
  const text = `version: 1
sources: { feishu: { type: feishu, verification_token: t } }
sinks: { a: { type: log } }
`
  await expect(start(text, {}, lacking)).rejects.toMatchObject({
    problems: [
      { path: 'sources.feishu.type', message: 'feishu is not in what was built: build it anew' },
      { path: 'sinks.a.type', message: 'log is not in what was built: build it anew' },
    ],
  })
})

describe('a file in order', () => {
  const env = {
    FEISHU_VERIFICATION_TOKEN: 'vt',
    FEISHU_ENCRYPT_KEY: 'ek',
    FINANCE_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    HR_TOKEN: 'hr-token',
    HR_ENCRYPT_KEY: 'hrk',
    KAFKA_PASSWORD: 'kafka-password',
    BOT_WEBHOOK_URL: 'https://user:pass@bot.example.com/hook?key=k',
    CODE: '7C468A54-8745-2245-9675-08B7C63E7A86',
  }
  const more = `  - name: more
    match: { approval_code: "\${CODE}", note: "a$$b" }
    to: [finance]
`

  test('comes to what Node makes of it', async () => {
    const text = fixture('full.yaml').replace(/^routes:.*\n/m, (line) => line + more)
    const { hiddenText, warnings, ...onNode } = await load(text, { env })
    expect(onNode.routes).toHaveLength(3)
    const { hiddenText: _, warnings: __, words, ...atEdge } = await start(text, env)
    expect({ ...atEdge, words: [] }).toEqual({ ...onNode, words: [] })
    expect(new Set(words.map(shown))).toEqual(new Set(onNode.words.map(shown)))
    expect(words.length).toBeGreaterThan(10)
  })

  const shown = (word: object) => JSON.stringify(word)

  test('holds no value of a variable, and says which have to be set', async () => {
    const { variables } = await loadForBuild(fixture('full.yaml'))
    expect(variables).toEqual(
      Object.keys(env)
        .filter((name) => name !== 'CODE')
        .map((name) => ({ name, isOptional: false })),
    )
  })

  test('a variable is optional only if it has a default wherever it stands', async () => {
    const { variables } = await loadForBuild(`${head}sinks:
  a: { type: webhook, url: "\${A:-https://a.example}", headers: { A: "\${B:-b}", B: "\${B}" } }
`)
    expect(variables).toEqual([
      { name: 'T', isOptional: false },
      { name: 'A', isOptional: true },
      { name: 'B', isOptional: false },
    ])
  })
})

describe('what the build says of its own', () => {
  const said = async (text: string) => (await problemsAtEdge(head + text)).map(short)

  test('references where it has to know the value', async () => {
    const text = `sinks:
  a: { type: "\${X}", timeout: "\${X}" }
  b: { type: log, retry: { initial: "\${X}", schedule: ["\${X}"] }, order_by: "\${X}" }
routes:
  - { name: "\${X}", to: ["\${X}"], match: { x: "\${X}" } }
retention: { delivered: "\${X}" }
egress: { deny: ["\${X}"] }
`
    const message = 'must be written out: variables are known only where the worker runs'
    expect(await said(text)).toEqual([
      `4:14 sinks.a.type: ${message}`,
      `4:31 sinks.a.timeout: ${message}`,
      `5:37 sinks.b.retry.initial: ${message}`,
      `5:56 sinks.b.retry.schedule.0: ${message}`,
      `5:77 sinks.b.order_by: ${message}`,
      `7:13 routes.0.name: ${message}`,
      `7:26 routes.0.to.0: ${message}`,
      `8:25 retention.delivered: ${message}`,
      `9:18 egress.deny.0: ${message}`,
    ])
  })

  test('files, which a worker has none of', async () => {
    expect(await said(`sinks: { a: { type: webhook, url: "\${file:/run/secrets/x}" } }\n`)).toEqual(
      [
        `3:35 sinks.a.url: cannot read /run/secrets/x: a worker has no files; write \${VAR} in its place`,
      ],
    )
  })

  test('beside an unknown value, what is wrong whatever it will be, and nothing else', async () => {
    const text = `sinks:
  a: { type: webhook, secret: "\${X}", format: clodevents, headers: { A: 7, B: "\${X}" } }
  b: { type: webhook, url: "\${X}", tls: { key: "\${X}" }, colour: red }
  c: { type: robot, webhook_url: x, mode: "\${X}", login: { by: nmae } }
  d: { type: robot, webhook_url: x, mode: clock, login: { by: "\${X}" }, retries: 0 }
  e: { type: switched, mode: "\${X}", key: k, size: large }
`
    expect(await said(text)).toEqual([
      '4:3 sinks.a.url: is required',
      '4:47 sinks.a.format: must be one of feishu, cloudevents, cloudevents-binary, data; did you mean "cloudevents"?',
      '4:73 sinks.a.headers.A: must be a string, not a number',
      '5:58 sinks.b.colour: unknown key',
      '6:64 sinks.c.login.by: must be one of key, name; did you mean "name"?',
      '7:43 sinks.d.mode: must be one of card, text',
      '7:82 sinks.d.retries: must be > 0',
      '8:52 sinks.e.size: must be a whole number, not a string',
    ])
  })

  test('a misspelt key, whatever it holds', async () => {
    const text = `sinks: { a: { type: webhook, url: https://a.example, sercet: "\${X}" } }
routes: [{ name: all, match: { oprate: "\${X}" }, to: [a] }]
`
    expect(await said(text)).toEqual(['3:54 sinks.a.sercet: unknown key; did you mean "secret"?'])
    const { warnings } = await loadForBuild(head + text.replace('sercet', 'secret'))
    expect(warnings.map(short)).toEqual([
      '4:32 routes.0.match.oprate: no accepted event has oprate; did you mean "operate"?',
    ])
  })

  test('a host that only its address could allow, which a worker never sees', async () => {
    const text = `sinks: { a: { type: webhook, url: "http://10.1.2.3/" }, b: { type: webhook, url: "http://b.example/" } }
egress: { allow: [10.0.0.0/8] }
`
    expect(await said(text)).toEqual([
      '3:82 sinks.b.url: is refused by the egress rules: egress.allow does not name it, and its address is looked up elsewhere: name the host',
    ])
  })
})

describe('a secret in the file itself', () => {
  const { written, outside }: Record<string, object[]> = parse(fixture('written-secrets.yaml'))
  const warnings = async (sink: object) => {
    const routes = [{ name: 'all', to: ['a'] }]
    const found = (await loadForBuild(head + stringify({ sinks: { a: sink }, routes }))).warnings
    expect(JSON.stringify(found)).not.toMatch(/hush|MfKQ9r8/)
    return found.map(({ message }) => message)
  }
  test.each(written ?? [])('is warned of: %j', async (sink) => {
    expect(await warnings(sink)).toEqual([expect.stringMatching('is a secret in the file itself')])
  })
  test.each(outside ?? [])('is not in %j', async (sink) => {
    expect(await warnings(sink)).toEqual([])
  })
})

test('events of all types are checked as on Node, whichever types a source accepts', async () => {
  const read = await loadForBuild(`${head.replace('" }', '", events: [approval_cc] }')}`)
  const { checks } = await makeModules(read, import.meta.dirname)
  const events = evaluate(checks['checks:events'] ?? '')
  const validate = validateBundled({ sources: {}, sinks: {}, events })
  const onNode = compileValidators(eventSchemas)
  const values = [undefined, null, '', 'x', 'CREATE', 17, 1.5, true, [], ['x'], {}, { a: 1 }]
  let wrong = 0
  for (const [type, { properties }] of Object.entries(eventSchemas)) {
    for (const value of values) {
      const names = Object.keys(properties)
      const data = JSON.parse(
        JSON.stringify(Object.fromEntries(names.map((name) => [name, value]))),
      )
      const problems = onNode(type, data)
      wrong += problems.length
      expect(validate(type, data)).toEqual(problems)
    }
  }
  expect(wrong).toBeGreaterThan(100)
  expect(validate('constructor', {})).toEqual([])
})
