import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { anyText } from '../fuzz/arbitrary.ts'
import { load, problemsOf, short } from './load-text.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/routes/${name}`, import.meta.url), 'utf8')

const head = `
version: 1
sources: { feishu: { type: feishu, verification_token: x } }
`

describe('problems', () => {
  const cases: { name: string; text: string; problems: string[] }[] = parse(
    fixture('problems.yaml'),
  )
  test.each(cases)('$name', async ({ text, problems }) => {
    expect((await problemsOf(text)).map(short)).toEqual(problems)
  })
})

describe('a file in order', () => {
  const env = {
    FEISHU_VERIFICATION_TOKEN: 'vt',
    FEISHU_ENCRYPT_KEY: 'ek',
    FINANCE_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    HR_TOKEN: 'hrt',
    HR_ENCRYPT_KEY: 'hrk',
    KAFKA_PASSWORD: 'kp',
    BOT_WEBHOOK_URL: 'https://bot.example.com/hook',
  }

  test('becomes plain data', async () => {
    const config = await load(fixture('full.yaml'), { env })
    expect(config.warnings.map(short)).toEqual([])
    expect(config.sources).toEqual([
      {
        name: 'feishu',
        type: 'feishu',
        path: '/webhook/event',
        events: ['approval_cc'],
        options: {
          verification_token: 'vt',
          encrypt_key: 'ek',
          domain: 'https://open.feishu.cn',
          subscribe: false,
        },
        fingerprint: expect.any(String),
      },
    ])
    expect(config.sinks.map(({ name, type }) => [name, type])).toEqual([
      ['finance', 'webhook'],
      ['hr-app', 'webhook'],
      ['lake', 'kafka'],
      ['chat', 'robot'],
    ])
    expect(config.sinks[0]?.options).toEqual({
      url: 'https://finance.example.com/hooks/approvals',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      format: 'cloudevents',
      headers: { 'X-Team': 'finance' },
    })
    expect(config.routes).toEqual([
      {
        name: 'finance-created',
        from: undefined,
        match: { approval_code: '7C468A54-8745-2245-9675-08B7C63E7A85', operate: 'CREATE' },
        to: ['finance', 'lake', 'chat'],
        enabled: true,
        place: { file: 'routes.yaml', line: 38 },
      },
      {
        name: 'reads',
        from: ['feishu'],
        match: { operate: ['READ'] },
        to: ['hr-app'],
        enabled: true,
        place: { file: 'routes.yaml', line: 43 },
      },
    ])
  })

  test('a sink has the defaults of all, and its type its own concurrency', async () => {
    const { sinks } = await load(`${head}
sinks: { plain: { type: log }, own: { type: robot, webhook_url: x, concurrency: 7 }, bot: { type: robot, webhook_url: x } }
routes: [{ name: r, to: [plain, own, bot] }]`)
    const second = 1000
    expect(sinks[0]?.settings).toEqual({
      timeoutMs: 10 * second,
      concurrency: 16,
      retry: {
        waits: [5, 15, 45, 135, 405, 1215, 3645, 10935, 21600, 21600, 21600].map((s) => s * second),
        jitter: 0.2,
        quick: 2,
      },
      rateLimit: null,
      orderBy: null,
      breaker: { failures: 10, cooldownMs: 30 * second },
      paused: false,
    })
    expect(sinks.map(({ settings }) => settings.concurrency)).toEqual([16, 7, 3])
    expect(sinks[2]?.options).toEqual({ webhook_url: 'x', mode: 'card' })
  })

  test.each([
    ['{ schedule: [5s, 5m, 30m, 2h] }', [5000, 300_000, 1_800_000, 7_200_000]],
    ['{ schedule: [] }', []],
    ['{ attempts: 1 }', []],
    ['{ attempts: 4, initial: 1s, factor: 10, max: 50s }', [1000, 10_000, 50_000]],
    ['{ attempts: 4, initial: 100ms, factor: 1.15 }', [100, 115, 132]],
    ['{ attempts: 3, initial: 0s, factor: 1000 }', [0, 0]],
  ])('retry %s', async (retry, waits) => {
    const { sinks } = await load(`${head}
sinks: { a: { type: log, retry: ${retry} } }
routes: [{ name: r, to: [a] }]`)
    expect(sinks[0]?.settings.retry).toEqual({ waits, jitter: 0.2, quick: 2 })
  })

  test('without sinks and routes, for its events are stored all the same', async () => {
    expect(await load(head)).toMatchObject({ sinks: [], routes: [], warnings: [] })
  })

  test('parts of it may stand for others', async () => {
    const { sinks } = await load(`${head}
sinks:
  a: &base { type: webhook, url: https://a, retry: &retry { attempts: 2 } }
  b: { <<: *base, url: https://b }
  c: { type: log, retry: *retry }
routes: [{ name: r, to: [a, b, c] }]`)
    expect(sinks.map(({ options }) => options.url)).toEqual(['https://a', 'https://b', undefined])
    expect(sinks.map(({ settings }) => settings.retry.waits)).toEqual([[5000], [5000], [5000]])
  })
})

describe('fingerprints', () => {
  const prints = async (...sinks: string[]) => {
    const text = sinks.map((sink, index) => `  s${index}: ${sink}`).join('\n')
    const config = await load(`${head}sinks:\n${text}\n`)
    return config.sinks.map(({ fingerprint }) => fingerprint)
  }

  test('are equal for equal options, however they are written', async () => {
    const [first, ...others] = await prints(
      '{ type: webhook, url: https://x, headers: { A: "1", B: "2" } }',
      '{ headers: { B: "2", A: "1" }, url: https://x, type: webhook }',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own.
      '{ type: webhook, url: "${URL:-https://x}", headers: { A: "1", B: "2" } }',
      '{ type: webhook, url: https://x, headers: { A: "1", B: "2" }, timeout: 10000ms }',
      '{ type: webhook, url: https://x, headers: { A: "1", B: "2" }, retry: { attempts: 12 } }',
    )
    for (const other of others) expect(other).toBe(first)
  })

  test('differ with any option or setting, and show none', async () => {
    const all = await prints(
      '{ type: webhook, url: https://x }',
      '{ type: webhook, url: https://y }',
      '{ type: webhook, url: https://x, encrypt_key: hush }',
      '{ type: webhook, url: https://x, timeout: 9s }',
      '{ type: webhook, url: https://x, concurrency: 4 }',
      '{ type: webhook, url: https://x, paused: true }',
      '{ type: webhook, url: https://x, retry: { quick: 1 } }',
      '{ type: log }',
    )
    expect(new Set(all).size).toBe(all.length)
    expect(all.join()).not.toContain('hush')
  })
})

describe('what comes from outside', () => {
  const match = async (value: string) => {
    const { routes } = await load(`${head}
sinks: { a: { type: log } }
routes:
  - name: r
    to: [a]
    match:
      from: ${value}`)
    return routes[0]?.match?.from
  }

  test.each([
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are the file's own.
    ['${TOKEN}', 'token-from-outside'],
    ['"a-${TOKEN}-b"', 'a-token-from-outside-b'],
    ['"${MISSING:-other}"', 'other'],
    ['"${EMPTY:-other}"', 'other'],
    ['"${TOKEN:-other}"', 'token-from-outside'],
    ['"${MISSING:-a$$b}"', 'a$b'],
    ['"${file:/run/secrets/token}"', 'token-from-file'],
    ['"$${TOKEN}"', '${TOKEN}'],
    ['"$$$$ $1 $& $TOKEN $"', '$$ $1 $& $TOKEN $'],
    ['"${TOKEN}: {x: 1}"', 'token-from-outside: {x: 1}'],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are the file's own.
  ])('%s', async (written, expanded) => {
    expect(await match(written)).toBe(expanded)
  })

  test('is never read as YAML, nor expanded again, and stays a string', async () => {
    const env = { N: '12345', Y: '[a, b]: "', AGAIN: `$$ $& \${N}` }
    const text = `${head}routes: [{ name: "\${N}", to: [a], match: { from: ["\${N}", "\${Y}", "\${AGAIN}"] } }]
sinks: { a: { type: log } }`
    const { routes } = await load(text, { env })
    expect(routes[0]).toMatchObject({ name: '12345', match: { from: Object.values(env) } })
  })

  test('what sources lack is made up where that is asked for, and nothing else', async () => {
    const text = `version: 1
sources: { feishu: { type: feishu, verification_token: "\${A}", encrypt_key: "\${EMPTY}" } }
sinks: { a: { type: webhook, url: https://x, secret: "\${B}" } }`
    const problems = await problemsOf(text, { inventSecret: (variable) => `made-up-${variable}` })
    expect(problems.map(({ path }) => path)).toEqual(['sinks.a.secret'])
    const { sources } = await load(text.replace(/, secret: [^ ]+/, ''), {
      inventSecret: (variable) => `made-up-${variable}`,
    })
    expect(sources[0]?.options).toMatchObject({
      verification_token: 'made-up-A',
      encrypt_key: 'made-up-EMPTY',
    })
  })

  test("an app's credentials are Feishu's, and never made up", async () => {
    const text = `version: 1
sources:
  feishu: { type: feishu, verification_token: ["\${A}"], app_id: cli_1, app_secret: "\${B}" }
`
    const problems = await problemsOf(text, { inventSecret: () => 'made-up' })
    expect(problems.map(short)).toEqual([
      '3:84 sources.feishu.app_secret: B is not set: set it in the environment or in .env',
    ])
  })
})

describe('warnings', () => {
  const warnings = async (routes: string, events = '[approval_cc]') => {
    const config = await load(`version: 1
sources: { feishu: { type: feishu, verification_token: x, events: ${events} } }
sinks: { a: { type: log }, b: { type: log } }
routes:
  - { name: first, to: [b] }
  - ${routes}`)
    return config.warnings.map(short)
  }
  const unused = '3:10 sinks.a: no route sends to it'

  test('a sink that no route names', async () => {
    expect(await warnings('{ name: r, to: [b] }')).toEqual([unused])
    expect(await warnings('{ name: r, to: [a], enabled: false }')).toEqual([])
  })

  test('a field that no accepted event has', async () => {
    expect(await warnings('{ name: r, to: [a], match: { instance_cod: x } }')).toEqual([
      '6:34 routes.1.match.instance_cod: no accepted event has instance_cod; did you mean "instance_code"?',
    ])
    const status = '{ name: r, to: [a], match: { status: APPROVED } }'
    expect(await warnings(status)).toHaveLength(1)
    expect(await warnings(status, '[approval_cc, approval_task]')).toEqual([])
    expect(await warnings('{ name: r, to: [a], match: { event: { operate: x } } }')).toHaveLength(1)
  })

  test('but not where types without a schema are accepted, unless the route names its types', async () => {
    const odd = '{ name: r, to: [a], match: { odd: x } }'
    expect(await warnings(odd, '"*"')).toEqual([])
    expect(await warnings(odd, '[approval_cc, unheard_of]')).toEqual([])
    const named = '{ name: r, to: [a], match: { odd: x, type: [approval_cc] } }'
    expect(await warnings(named, '"*"')).toHaveLength(1)
  })

  test('an event type that looks like one with a schema, misspelt', async () => {
    const route = '{ name: r, to: [a] }'
    expect(await warnings(route, '[approval_cc, aproval_cc]')).toEqual([
      '2:81 sources.feishu.events.1: "aproval_cc" is no type with a schema; did you mean "approval_cc"?',
    ])
    expect(
      await warnings(route, '[contact.user.created_v3, approval.approval.deleted_v4]'),
    ).toEqual([])
  })

  test('ten thousand combinations of $or', async () => {
    const choices = Array.from({ length: 10 }, (_, index) => `{ id: x${index} }`).join(', ')
    const keys = (count: number) =>
      Array.from({ length: count }, (_, index) => `key${index}: { $or: [${choices}] }`).join(', ')
    const route = (count: number) => `{ name: r, to: [a], match: { ${keys(count)} } }`
    expect(await warnings(route(3), '"*"')).toEqual([])
    expect(await warnings(route(4), '"*"')).toEqual([
      '6:32 routes.1.match: makes 10000 combinations of $or: each takes memory',
    ])
  })

  test('nested and dotted fields are looked up in the schema', async () => {
    const events = '[approval.approval.updated_v4]'
    const fits = '{ name: r, to: [a], match: { object: { approval_code: x }, object.extra: y } }'
    expect(await warnings(fits, events)).toEqual([])
    const misses = '{ name: r, to: [a], match: { object: { approvl_code: x } } }'
    expect(await warnings(misses, events)).toEqual([
      '6:44 routes.1.match.object.approvl_code: no accepted event has object.approvl_code; did you mean "approval_code"?',
    ])
  })

  test('a type that no source of the route accepts', async () => {
    expect(await warnings('{ name: r, to: [a], match: { type: approval_task } }')).toEqual([
      '6:40 routes.1.match.type: no source of this route accepts such events: see its events',
    ])
  })

  test('the same field beside $or and in it', async () => {
    const twice = '{ name: r, to: [a], match: { id: x, $or: [{ id: y }, { from: z }] } }'
    expect(await warnings(twice)).toEqual([
      '6:49 routes.1.match.$or.0.id: has a condition beside $or as well: the later of the two replaces the other',
    ])
    const dotted =
      '{ name: r, to: [a], match: { x: { y: 1 }, $or: [{ x.y: 2 }, { $or: [{ x: { y: 3 } }, { z: 1 }] }] } }'
    expect(await warnings(dotted, '"*"')).toHaveLength(2)
    const once = '{ name: r, to: [a], match: { id: x, $or: [{ user_id: y }, { from: z }] } }'
    expect(await warnings(once)).toEqual([])
  })
})

describe('any text', () => {
  const isSettled = async (text: string) => {
    await problemsOf(text)
  }

  test('is a Config or a ConfigError, whatever it is', async () => {
    const whole = fixture('full.yaml')
    const piece = fc.oneof(
      fc.string(),
      anyText(),
      fc.constantFrom(...whole.split('\n')),
      fc.constantFrom(
        'a: &a [*a]',
        '<<: *a',
        '? {a: b}\n: c',
        '${',
        '%YAML 1.1\n---',
        '!!set {a}',
        '- - -',
      ),
      fc.json(),
    )
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('\n'))
    await fc.assert(fc.asyncProperty(texts, isSettled), { numRuns: 150 })
  })

  test('so is a good file with any one change', async () => {
    const whole = fixture('full.yaml')
    const change = fc.tuple(fc.nat(whole.length), fc.nat(20), fc.string({ maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(change, ([at, length, put]) =>
        isSettled(whole.slice(0, at) + put + whole.slice(at + length)),
      ),
      { numRuns: 75 },
    )
  })

  test('aliases that unfold without end are refused, and quickly', async () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 10; level++) {
      bomb.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      )
    }
    const merges = ['m0: &m0 {a: 1, b: 2}']
    for (let level = 1; level < 30; level++) {
      merges.push(
        `m${level}: &m${level} {<<: [${Array(9)
          .fill(`*m${level - 1}`)
          .join(', ')}]}`,
      )
    }
    const endless = 's: &s [*s]\nt: {<<: *s}\nu: &u {<<: *u}'
    for (const text of [merges.join('\n'), endless]) {
      expect((await problemsOf(text)).length).toBeGreaterThan(0)
    }
    expect((await problemsOf(bomb.join('\n'))).map(({ message }) => message)).toContain(
      'unfolds to too much: use fewer aliases',
    )
  })

  test('deep nesting, odd keys and huge files are refused, and quickly', async () => {
    const deep = `${'['.repeat(70)}${']'.repeat(70)}`
    const nested = await problemsOf(`version: ${deep}`)
    expect(nested.map(({ message }) => message)).toContain('is nested deeper than 64 levels')
    const bottomless = await problemsOf('{'.repeat(3000))
    expect(bottomless.map(({ message }) => message)).toContain('is nested too deeply')
    const [huge] = await problemsOf('#'.repeat(5_000_000))
    expect(huge?.message).toMatch(/^is too large/)
  })

  test('no more combinations of $or than a million are made of all routes together', async () => {
    const choices = Array.from({ length: 10 }, (_, index) => `{ id: x${index} }`).join(', ')
    const match = (count: number) =>
      Array.from({ length: count }, (_, index) => `k${index}: { $or: [${choices}] }`).join(', ')
    const routes = (...counts: number[]) =>
      counts.map((count, index) => `  - { name: r${index}, to: [a], match: { ${match(count)} } }`)
    const text = `${head}sinks: { a: { type: log } }\nroutes:\n`
    const problems = await problemsOf(text + routes(5, 5, 6, ...Array(200).fill(6)).join('\n'))
    expect(problems.map(short)).toEqual([
      '8:33 routes.2.match: with the routes above it makes more than 1000000 combinations of $or: use fewer',
    ])
    const alone = await problemsOf(
      text + [...routes(6), '  - { name: s, to: [a], match: [] }'].join('\n'),
    )
    expect(alone.map(({ path }) => path)).toEqual(['routes.1.match'])
  })

  test('no more than 256 fields must match together, however they are chosen', async () => {
    const keys = (count: number) =>
      Array.from({ length: count }, (_, index) => `key${index}: 1`).join(', ')
    const problems = async (match: string) => {
      const route = `  - { name: r, to: [a], match: { ${match} } }`
      return (await problemsOf(`${head}sinks: { a: { type: log } }\nroutes:\n${route}`)).map(short)
    }
    const tooMany = ['6:32 routes.0.match: has more than 256 fields']
    expect(await problems(keys(256))).toEqual([])
    expect(await problems(keys(257))).toEqual(tooMany)
    expect(await problems(`${keys(254)}, $or: [{ a: 1 }, { b: 1, c: 1 }]`)).toEqual([])
    expect(await problems(`${keys(255)}, $or: [{ a: 1 }, { b: 1, c: 1 }]`)).toEqual(tooMany)
    expect(await problems(`${keys(256)}, $or: [{ key0: 2 }, { key1: 2 }]`)).toEqual([])
  })

  test('five thousand misspelt routes to two hundred sinks are told soon', async () => {
    const lines = (count: number, line: (index: number) => string) =>
      Array.from({ length: count }, (_, index) => line(index)).join('\n')
    const sinks = lines(200, (index) => `  consumer-${1000 + index}: { type: log }`)
    const routes = lines(5000, (n) => `  - { name: r${n}, to: [cnsumers-${9000 + n}] }`)
    const problems = await problemsOf(`${head}sinks:\n${sinks}\nroutes:\n${routes}`)
    expect(problems).toHaveLength(1001)
    const hinted = problems.slice(0, 1000).filter(({ message }) => /did you mean/.test(message))
    expect(hinted).toHaveLength(1000)
  })

  test('many problems are cut short, by number', async () => {
    const keys = Array.from({ length: 1500 }, (_, index) => `key${index}: 1`)
    const problems = await problemsOf(keys.join('\n'))
    expect(problems).toHaveLength(1001)
    expect(problems.at(-1)?.message).toBe('and 502 more problems below this line')
  })
})
