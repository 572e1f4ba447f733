import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatProblems } from '../../src/config/problems.ts'
import { filesOf, load, problemsOf, report } from './load-text.ts'

describe('problems as people read them', () => {
  test('say the place, show the line and put a caret beneath', async () => {
    const shown = await report(`version: 1
sources: { feishu: { type: feishu, verification_token: x } }
sinks:
  finance:
    type: log
    retry: { attempts: 0 }
routes:
  - { name: r, to: [finance], form: [feishu] }
`)
    expect(shown).toBe(`routes.yaml:6:24  sinks.finance.retry.attempts: must be >= 1
        retry: { attempts: 0 }
                           ^

routes.yaml:8:31  routes.0.form: unknown key; did you mean "from"?
      - { name: r, to: [finance], form: [***] }
                                  ^`)
  })

  test('keep the caret in place after tabs, wide characters and hidden values', async () => {
    const [problem] = await problemsOf(`version: 1
sources: { 飞书: { type: feishu, verification_token: hush-hush-hush, path: 7 } }`)
    const [line = '', caret = ''] = problem?.excerpt?.split('\n') ?? []
    expect(line).toBe('sources: { 飞书: { type: feishu, verification_token: ***, path: 7 } }')
    expect(caret).toMatch(/^ {11}\u3000\u3000 +\^$/)
    expect(caret.length - 1).toBe(line.indexOf('7'))
  })

  test('show no more of a long line than its part', async () => {
    const [problem] = await problemsOf(`version: ${' '.repeat(100_000)}2${' '.repeat(100_000)}`)
    expect(problem?.excerpt?.length).toBeLessThan(400)
  })

  test('never obey control characters', async () => {
    expect(await report('version: "\u001b[31m"')).not.toContain('\u001b')
    expect(await report('"\\e[31mred": 1')).not.toContain('\u001b')
  })

  test('without a place are looked up, as when a sink cannot be opened', () => {
    const text = 'version: 1\nsinks:\n  a.b:\n    type: log\n  c: { type: webhook, secret: hush }\n'
    const problem = (path: string) => ({ path, message: 'cannot be opened: no such broker' })
    expect(
      formatProblems(
        [{ name: 'routes.yaml', text }],
        [problem('sinks.a.b'), problem('sinks.c'), problem('')],
      ),
    ).toBe(`routes.yaml:3:3  sinks.a.b: cannot be opened: no such broker
      a.b:
      ^

routes.yaml:5:3  sinks.c: cannot be opened: no such broker
      c: { ***: ***, ***: *** }
      ^

routes.yaml  cannot be opened: no such broker`)
  })

  test('that are looked up show the line, but for its secrets', async () => {
    const text = `version: 1
sources: { feishu: { type: feishu, verification_token: "\${TOKEN}" } }
sinks:
  c: { type: webhook, url: http://u:hush@h/, encrypt_key: hush-hush, timeout: 5s }
`
    const { hiddenText } = await load(text)
    const problems = [{ path: 'sinks.c.timeout', message: 'cannot be opened: too soon' }]
    expect(formatProblems([{ name: 'routes.yaml', text }], problems, hiddenText)).toBe(
      `routes.yaml:4:70  sinks.c.timeout: cannot be opened: too soon
      c: { type: webhook, url: http://***@h/, encrypt_key: ***, timeout: 5s }
                                                                ^`,
    )
  })
})

/** Every way to write a secret into the file, each holding HUSH. */
const secretive = `version: 1
sources:
  feishu:
    type: feishu
    verification_token: &token HUSH-1
    encrypt_key:
      - HUSH-2
      - "HUSH-3"
sinks:
  a:
    type: webhook
    url: https://user:HUSH-4@example.com/hook?key=HUSH-5#HUSH-6
    secret: 'HUSH-7'
    headers: { X-Team: HUSH-8, "X-Other": "HUSH-9" }
    encrypt_key: >
      HUSH-10
      HUSH-11
    verification_token: *token
  b:
    type: robot
    webhook_url: https://bot.example.com/HUSH-12
    login: { by: key, key: HUSH-13 }
  c: { type: kafka, brokers: [a:9092], topic: t, sasl: { mechanism: plain, username: u, password: HUSH-14 } }
  d: { type: webhok, url: https://x, secret: HUSH-15, anything: { deep: [HUSH-16] } }
  e: { type: webhook, url: "https://x:HUSH-17@y", secrte: HUSH-18, format: cloudevnts }
  f:
    type: webhook
    url: \${URL}
    secret: \${KEY}
    headers:
      Authorization: Bearer HUSH-19
  g: { type: kafka, brokers: [a:9092], topic: t, sasl: { mechanism: plain, username: u, password: *HUSH-23 } }
  h: { type: webhook, url: "https://user:HUSH-24'HUSH-25@host/x", secret: &HUSH-26 , encrypt_key: *HUSH-26 }
  i: { type: webhook, url: "HUSH-27:HUSH-28@host/x?k=HUSH-29" }
  j:
    type: webhook
    url: https://host/HUSH-30 HUSH-31@x
    verification_token: #HUSH-32
    encrypt_key: x #HUSH-33
    secret:
      - x # HUSH-34
      - &HUSH-35
      - *HUSH-36
      - \${KEY} # HUSH-37
routes:
  - { name: all, to: [a, b, c, d, e, f], match: { operate: [{ prefx: "\${KEY}" }] } }
  - { name: "\${KEY}", to: ["\${KEY}"], secret: HUSH-20 }
`

const env = { KEY: 'HUSH-21', URL: 'ftp://HUSH-22' }

async function reportOf(text: string): Promise<string> {
  return formatProblems([{ name: 'routes.yaml', text }], await problemsOf(text, { env }))
}

describe('secrets', () => {
  test('are in no report of a file that is full of them', async () => {
    const shown = await reportOf(secretive)
    expect(shown).toContain('***')
    expect(shown).not.toContain('HUSH')
  })

  test('are in no report of a team’s file either, wherever it ends', async () => {
    const main = 'version: 1\nsources: { feishu: { type: feishu, verification_token: x } }\n'
    const lines = secretive.split('\n')
    for (const end of lines.keys()) {
      const files = { 'routes.yaml': main, 'routes.d/a.yaml': lines.slice(0, end).join('\n') }
      const shown = formatProblems(filesOf(files), await problemsOf(files, { env }))
      expect(shown).not.toContain('HUSH')
      if (end > 10) expect(shown).toContain('routes.d/a.yaml:')
    }
  })

  test('are shown as written where they come from outside', async () => {
    const shown = await reportOf(secretive)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own.
    expect(shown).toContain('secret: ${KEY}')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own.
    expect(shown).toContain('no sink is called "${KEY}"')
  })

  test('are in no report, whichever line is wrong', async () => {
    const lines = secretive.split('\n')
    for (const index of lines.keys()) {
      for (const wrong of ['\t', '"', '[', '{', '@', '  ', 'x: ']) {
        const changed = lines.with(index, `${wrong}${lines[index]}`).join('\n')
        expect(await reportOf(changed), changed).not.toContain('HUSH')
        const open = lines.with(index, `${lines[index]} ${wrong}`).join('\n')
        expect(await reportOf(open), open).not.toContain('HUSH')
      }
    }
  })

  test('are in no report, wherever the file ends or a line is missing', async () => {
    const lines = secretive.split('\n')
    const range = fc.tuple(fc.nat(lines.length), fc.nat(4), fc.nat(secretive.length))
    await fc.assert(
      fc.asyncProperty(range, async ([from, count, end]) => {
        expect(await reportOf(secretive.slice(0, end))).not.toMatch(/HUSH-[0-9]/)
        expect(await reportOf(lines.toSpliced(from, count).join('\n'))).not.toContain('HUSH')
      }),
      { numRuns: 100 },
    )
  })

  test('are in no message of a plug that forgets itself', async () => {
    const loose = {
      type: 'loose',
      options: { type: 'object', properties: { key: { type: 'string', secret: true } } },
      check: ({ key }: { key?: unknown }) => [{ path: 'key', message: `is weak: ${key}` }],
      open: () => ({ deliver: async () => {} }),
    }
    const text = `version: 1
sources: { feishu: { type: feishu, verification_token: x } }
sinks: { a: { type: loose, key: HUSH-1 }, b: { type: loose, key: "\${KEY}" } }`
    const problems = await problemsOf(text, { env, resolveSink: async () => loose })
    expect(problems.map(({ message }) => message)).toEqual([
      'is weak: ***',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own.
      'is weak: ${KEY}',
    ])
  })

  test('are in no message of a plug that quotes a part of an address, or what came of $$', async () => {
    const loose = {
      type: 'loose',
      options: {
        type: 'object',
        properties: { url: { type: 'string' }, key: { type: 'string', secret: true } },
      },
      check: ({ url, key }: { url?: unknown; key?: unknown }) => {
        const { username, password, search, host } = new URL(String(url))
        return [{ path: '', message: [username, password, search, host, key].join(' ') }]
      },
      open: () => ({ deliver: async () => {} }),
    }
    const text = `version: 1
sources: { feishu: { type: feishu, verification_token: x } }
sinks:
  a: { type: loose, url: "https://HUSH-1:HUSH%402@host?k=HUSH-3", key: HUSH$$4 }
  b: { type: loose, url: "https://\${KEY}:\${KEY}@host?k=\${KEY}" }`
    const problems = await problemsOf(text, { env, resolveSink: async () => loose })
    expect(problems.map(({ message }) => message)).toEqual([
      '*** *** ?*** host ***',
      '*** *** ?*** host ',
    ])
  })

  test('are not taken for references for a dollar in them', async () => {
    const text = secretive.replace('HUSH-2', 'HUSH-${').replace('HUSH-8', `"HUSH-\${1}"`)
    expect(await reportOf(text)).not.toContain('HUSH')
  })

  test('are in no warning', async () => {
    const { warnings } = await load(`version: 1
sources: { feishu: { type: feishu, verification_token: HUSH } }
sinks: { a: { type: webhook, url: "https://u:HUSH@x?HUSH", headers: { A: HUSH } } }`)
    expect(warnings.map(({ excerpt }) => excerpt)).toEqual([
      'sinks: { a: { type: webhook, url: "https://***@x?***", headers: { A: *** } } }\n         ^',
    ])
  })
})
