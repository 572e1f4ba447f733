import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { checkFolder, writeFolder } from '../../src/cli/build/folder.ts'
import { privateHosts } from '../../src/cli/build/private-hosts.ts'
import { readUnexpanded } from '../../src/cli/build/read.ts'
import { readWrangler } from '../../src/cli/build/wrangler.ts'
import { ConfigFileError } from '../../src/hosts/config-file-error.ts'
import { FEISHU, NODE, openFolder, run } from '../serve.ts'

const BUILD = ['build', '--target', 'cloudflare']

const plugin = (name: string) =>
  readFile(fileURLToPath(new URL(`../../plugins/${name}.ts`, import.meta.url)), 'utf8')

/** All that a worker can have. */
const ALL = `${FEISHU}    events: "*"
sinks:
  finance:
    type: webhook
    url: "https://\${FINANCE_HOST:-finance.example.com}/in"
    secret: \${FINANCE_SECRET}
    headers: { X-Team: "\${TEAM} $$" }
  lake: { type: kafka-rest, url: "https://rest.example.com", topic: approvals }
  chat: { type: feishu-bot, webhook_url: "\${BOT_WEBHOOK_URL}" }
  seen: { type: log }
  odd: { type: constructor }
routes:
  - { name: all, match: { approval_code: "\${CODE}" }, to: [finance, lake, chat, seen, odd] }
`

/** Is called as all objects have something, has a default from what surrounds the build, and needs Node. */
const ODD = `import { defineSink } from 'lark-fanout'
const { TEAM = 'nobody' } = typeof process === 'undefined' ? {} : process.env
const options = { type: 'object', properties: { team: { type: 'string', default: TEAM } } }
const deliver = async ({ id }) => void Buffer.from(id)
export default defineSink({ type: 'constructor', options, open: () => ({ deliver }) })
`

const VALUES = {
  FINANCE_HOST: 'value-of-host',
  FINANCE_SECRET: 'value-of-secret',
  TEAM: 'value-of-team',
  BOT_WEBHOOK_URL: 'https://value-of-bot.example',
  CODE: 'value-of-code',
}

test('a folder that is ready for wrangler, with no value of a variable in it', async () => {
  await using folder = await openFolder({
    'routes.yaml': ALL,
    'plugins/feishu-bot.ts': await plugin('feishu-bot'),
    'plugins/constructor.ts': ODD,
    '.env': 'TEAM=value-of-env-file\n',
  })
  const { code, stdout, stderr } = await run(folder, BUILD, { env: VALUES, by: NODE })
  expect([code, stderr.split('\n')[0]]).toEqual([
    0,
    'routes.yaml:17:10  sinks.odd.type: plugins/constructor uses Buffer, which a worker has not',
  ])
  expect(stderr.match(/^routes/gm)).toHaveLength(1)
  const script = await readFile(join(folder.path, 'dist-cloudflare/worker.js'), 'utf8')
  const wrangler = await readFile(join(folder.path, 'dist-cloudflare/wrangler.jsonc'), 'utf8')

  expect(script).toContain('FINANCE_SECRET')
  expect(script + wrangler).not.toMatch(/value-of|the-apps-/)
  expect(script).not.toContain(folder.path)

  // Neither Node's modules nor code from texts: the platform has none of either.
  const foreign = /["']node:|[^'"]\brequire\(|Dynamic require|\bnew Function\b|\beval\(/g
  expect(script.match(foreign) ?? []).toEqual([])
  // No sink has a transform.
  expect(script).not.toContain('_jsonata_function')
  const gzipped = gzipSync(script).length
  expect(gzipped).toBeLessThan(200_000)

  expect(JSON.parse(wrangler.replace(/^\/\/.*\n/, ''))).toEqual({
    name: 'lark-fanout',
    main: 'worker.js',
    no_bundle: true,
    compatibility_date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    compatibility_flags: [
      ...['no_nodejs_compat', 'no_nodejs_compat_v2'],
      'global_fetch_strictly_public',
    ],
    durable_objects: { bindings: [{ name: 'GATEWAY', class_name: 'Gateway' }] },
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Gateway'] }],
    triggers: { crons: ['* * * * *'] },
    keep_vars: true,
    observability: { enabled: true },
  })
  expect(await readFile(join(folder.path, 'dist-cloudflare/.gitignore'), 'utf8')).toBe('*\n')

  const sizes = `${Math.round(script.length / 1000)} KB minified, ${Math.round(gzipped / 1000)} KB gzipped`
  expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
    `dist-cloudflare/worker.js       ${sizes}`,
    'dist-cloudflare/wrangler.jsonc',
    '',
    '  cd dist-cloudflare',
    '  npx wrangler secret put FEISHU_VERIFICATION_TOKEN',
    '  npx wrangler secret put FEISHU_ENCRYPT_KEY',
    '  npx wrangler secret put FINANCE_HOST  # optional: has a default',
    '  npx wrangler secret put FINANCE_SECRET',
    '  npx wrangler secret put TEAM',
    '  npx wrangler secret put BOT_WEBHOOK_URL',
    '  npx wrangler secret put CODE',
    '  npx wrangler secret put ADMIN_TOKEN  # optional: opens the API',
    '  npx wrangler deploy',
    '',
  ])
})

test('writes over what it has made, leaves the rest there, and touches no other folder', async () => {
  const small = `${FEISHU}    app_secret: \${ADMIN_TOKEN}
sinks: { seen: { type: log } }
routes: [{ name: all, to: [seen] }]
`
  await using folder = await openFolder({ 'r.yaml': small, 'mine/notes.txt': 'mine' })
  const build = (out: string) =>
    run(
      folder,
      [
        ...[...BUILD, '--config', 'r.yaml', '--out', out],
        ...['--name', 'approvals', '--location', 'apac-se'],
      ],
      { by: NODE },
    )
  expect(await build('mine')).toMatchObject({
    code: 2,
    stderr: `${join(folder.path, 'mine')} holds something else: name another folder with --out\n`,
  })
  const { code, stdout, stderr } = await build("made/the team's")
  expect([code, stderr]).toEqual([0, ''])
  // For a shell, and each variable once.
  expect(stdout.split('\n').slice(3, -2)).toEqual([
    "  cd 'made/the team'\\''s'",
    '  npx wrangler secret put FEISHU_VERIFICATION_TOKEN',
    '  npx wrangler secret put FEISHU_ENCRYPT_KEY',
    '  npx wrangler secret put ADMIN_TOKEN',
  ])
  const made = join(folder.path, "made/the team's")
  expect(readWrangler(await readFile(join(made, 'wrangler.jsonc'), 'utf8'))).toMatchObject({
    name: 'approvals',
    vars: { GATEWAY_LOCATION: 'apac-se' },
  })
  await folder.write("made/the team's/.dev.vars", 'A=b')
  await checkFolder(made, 'approvals')
  await expect(checkFolder(made, 'leave')).rejects.toThrow(
    'holds the worker approvals, with its secrets: name another folder with --out',
  )
  await writeFolder(made, 'approvals', 'another')
  expect(await readFile(join(made, 'worker.js'), 'utf8')).toBe('another')
  expect(await readFile(join(made, '.dev.vars'), 'utf8')).toBe('A=b')
})

test.each([
  [['build'], '--target is missing: there is cloudflare'],
  [['build', '--target', 'lambda'], '--target must be one of cloudflare'],
  [
    [...BUILD, '--name', 'My Worker'],
    '--name must be small letters, digits and hyphens, 63 at most',
  ],
])('%j is wrong usage', async (args, message) => {
  await using folder = await openFolder({ 'routes.yaml': ALL })
  expect(await run(folder, args)).toMatchObject({ code: 2, stderr: `${message}\n` })
})

describe('what a worker lacks is a problem with its line', () => {
  test('types, options and rules', async () => {
    const text = `version: 1
sources:
  feishu: { type: feishu-ws, app_id: cli_0123456789abcdef, app_secret: "\${S}" }
sinks:
  lake: { type: kafka, brokers: [kafka-1:9092], topic: approvals }
  desk: { type: feishu-ws, app_id: cli_0123456789abcdef, app_secret: "\${S}" }
  bank: { type: webhook, url: "https://bank.example", tls: { ca: ca.pem }, headers: { X-By: "a \${GATEWAY}" } }
routes:
  - { name: all, to: [lake, desk, bank] }
egress: { deny: [legacy.example.com, 10.0.0.0/8] }
`
    await using folder = await openFolder({ 'routes.yaml': text })
    const error = await readUnexpanded(join(folder.path, 'routes.yaml')).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigFileError)
    const lines = error.report.split('\n').filter((line: string) => line.startsWith('routes.yaml'))
    expect(lines).toEqual([
      'routes.yaml:3:19  sources.feishu.type: a worker keeps no long connection: use the type feishu, and make its address the request URL of the app (it has feishu)',
      'routes.yaml:5:17  sinks.lake.type: a worker does not speak the protocol of Kafka: use the type kafka-rest (it has webhook, kafka-rest, log)',
      'routes.yaml:6:17  sinks.desk.type: a worker keeps no long connection: use the type webhook, which calls the same SDK with verification_token and encrypt_key (it has webhook, kafka-rest, log)',
      'routes.yaml:7:55  sinks.bank.tls: a worker takes no certificates from a file: remove it, or let a proxy of yours add them',
      'routes.yaml:7:93  sinks.bank.headers.X-By: a worker has its object by the name GATEWAY: give the variable another name',
      'routes.yaml:10:38  egress.deny.1: a worker never sees the address of a host that it calls by name: deny hosts by their names, or name in allow all that may be reached',
    ])
  })

  test('plugins that import what Node alone has', async () => {
    await using folder = await openFolder({
      'routes.yaml': `${FEISHU}sinks:
  archive: { type: jsonl, path: events.jsonl }
  other: { type: other }
routes: [{ name: all, to: [archive, other] }]
`,
      'plugins/jsonl.ts': await plugin('jsonl'),
      'plugins/other.ts': `import { defineSink } from 'lark-fanout'
import { open } from './other/deep.ts'
export default defineSink({ type: 'other', options: { type: 'object' }, open })
`,
      'plugins/other/deep.ts': `import { hostname } from 'os'
const { join } = await import('node:path').catch(() => ({}))
export function open() {
  try { require('node:os') } catch {}
  return { deliver: async () => void hostname(join) }
}
`,
    })
    const { code, stderr } = await run(folder, BUILD, { by: NODE })
    expect(code).toBe(2)
    const lines = stderr.split('\n').filter((line) => line.startsWith('routes.yaml'))
    const imports = (type: string, wanted: string, where: string) =>
      `plugins/${type} cannot run in a worker: it imports ${wanted}, which a worker has not (${where})`
    expect(lines).toEqual([
      `routes.yaml:8:14  sinks.archive.type: ${imports('jsonl', 'node:fs/promises', 'plugins/jsonl.ts:1')}`,
      `routes.yaml:8:14  sinks.archive.type: ${imports('jsonl', 'node:path', 'plugins/jsonl.ts:2')}`,
      `routes.yaml:9:12  sinks.other.type: ${imports('other', 'os', 'plugins/other/deep.ts:1')}`,
      `routes.yaml:9:12  sinks.other.type: ${imports('other', 'node:path', 'plugins/other/deep.ts:2')}`,
      `routes.yaml:9:12  sinks.other.type: ${imports('other', 'node:os', 'plugins/other/deep.ts:4')}`,
    ])
  })
})

test('receivers that Cloudflare connects nobody to are warned of', async () => {
  const sinks = [
    'http://10.1.2.3/hook',
    'https://[fd00::1]/hook',
    'http://localhost:8080/hook',
    'https://hr.corp.internal/hook',
    'https://hr.example.com/10.1.2.3?to=http://localhost/',
  ].map((url, index) => `  s${index}: { type: webhook, url: "${url}" }\n`)
  const routes = 'routes: [{ name: all, to: [s0, s1, s2, s3, s4] }]\n'
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks:\n${sinks.join('')}${routes}`,
  })
  const { config } = await readUnexpanded(join(folder.path, 'routes.yaml'))
  expect(privateHosts(config).map(({ path }) => path)).toEqual([
    'sinks.s0.url',
    'sinks.s1.url',
    'sinks.s2.url',
    'sinks.s3.url',
  ])
})
