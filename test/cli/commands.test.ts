import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openReceiver } from '../receiver.ts'
import { callbackOf, FEISHU, NODE, openFolder, post, run, serve, start } from '../serve.ts'

const ROUTES = `${FEISHU}sinks:
  one: { type: log }
  two: { type: log }
routes:
  - { name: created, match: { operate: CREATE }, to: [one] }
  - { name: read, match: { operate: [READ] }, to: [two] }
  - { name: off, enabled: false, to: [two] }
`

describe('check', () => {
  test('a good file is in order', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const { code, stdout } = await run(folder, ['check'])
    expect([code, stdout]).toEqual([0, './routes.yaml is in order: 1 source, 2 sinks, 3 routes\n'])
  })

  test('every problem at once, with its line and a caret, and exit code 2', async () => {
    const broken = ROUTES.replace('type: log', 'type: logg').replace('to: [two]', 'to: [tow]')
    await using folder = await openFolder({ 'r.yaml': broken })
    const { code, stderr } = await run(folder, ['check', '--config', 'r.yaml'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/r\.yaml:8:\d+ {2}sinks\.one\.type: .*did you mean "log"/)
    expect(stderr).toMatch(/r\.yaml:12:\d+ {2}routes.*did you mean "two"/)
    expect(stderr).toMatch(/\n\s+\^/)
  })

  test('a file that is not there', async () => {
    await using folder = await openFolder({})
    const { code, stderr } = await run(folder, ['check'])
    expect(code).toBe(2)
    expect(stderr).toContain('cannot read ./routes.yaml')
  })

  test('a variable that is missing', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES.replace('KEY}', 'KEYS}') })
    const { code, stderr } = await run(folder, ['check'])
    expect(code).toBe(2)
    expect(stderr).toContain('FEISHU_ENCRYPT_KEYS')
  })

  test('.env is read where there is one', async () => {
    const files = {
      'routes.yaml': ROUTES.replace('KEY}', 'KEYS}'),
      '.env': 'FEISHU_ENCRYPT_KEYS=k',
    }
    await using folder = await openFolder(files)
    expect((await run(folder, ['check'])).code).toBe(0)
    await folder.write('elsewhere/x', '')
    const elsewhere = { ...folder, path: `${folder.path}/elsewhere` }
    expect((await run(elsewhere, ['check', '--config', '../routes.yaml'])).code).toBe(0)
  })
})

describe('explain', () => {
  test('says which routes match, and why the others do not', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const stdin = JSON.stringify(callbackOf())
    const { code, stdout } = await run(folder, ['explain', '-'], { stdin })
    expect(code).toBe(0)
    expect(stdout).toMatch(/created +matches, to one/)
    expect(stdout).toMatch(/read +no: operate/)
    expect(stdout).toMatch(/off +no: not enabled/)
    expect(stdout).toContain('owed to one')
  })

  test('says when no source accepts the type, and what a route takes only from elsewhere', async () => {
    const other = '  other: { type: feishu, path: /o, verification_token: t, events: [x] }\n'
    const routes = ROUTES.replace('sinks:', `${other}sinks:`).replace(
      'match: { operate: CREATE }',
      'from: [other]',
    )
    await using folder = await openFolder({ 'routes.yaml': routes })
    const task = JSON.stringify(callbackOf({ type: 'approval_task' }))
    const ignored = await run(folder, ['explain', '-'], { stdin: task })
    expect(ignored.stdout).toMatch(/^approval_task \S+\n {2}ignored: no source accepts its type\n$/)
    const stdin = JSON.stringify(callbackOf())
    const { stdout } = await run(folder, ['explain', '-'], { stdin })
    expect(stdout).toMatch(/created +no: takes only what comes by other/)
  })

  test('shows what comes from outside as it is written', async () => {
    const routes = ROUTES.replace('CREATE', `"\${WANTED}"`).replace('to: [one]', 'to: [one, two]')
    await using folder = await openFolder({ 'routes.yaml': routes })
    const stdin = JSON.stringify(callbackOf())
    const env = { WANTED: 'hush-hush' }
    const { stdout } = await run(folder, ['explain', '-'], { stdin, env })
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own.
    expect(stdout).toContain('is not one of "${WANTED}"')
    expect(stdout).not.toContain('hush')
  })

  test('takes an event object alone for the usual type, and says it by source where that matters', async () => {
    const other = '  other: { type: feishu, path: /o, verification_token: t }\n'
    const routes = ROUTES.replace('sinks:', `${other}sinks:`).replace(
      'match: { operate: CREATE }',
      'from: [other]',
    )
    await using folder = await openFolder({ 'routes.yaml': routes })
    const { type, ...event } = callbackOf().event
    const stdin = JSON.stringify(event)
    const { stdout } = await run(folder, ['explain', '-'], { stdin })
    expect(stdout).toMatch(/^approval_cc /)
    const last = 'owed to whom hangs on its source: feishu sends it to nobody; other to one'
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(last)
    const task = await run(folder, ['explain', '-', '--type', 'approval_task'], { stdin })
    expect(task.stdout).toMatch(/^approval_task .*\n {2}ignored/)
  })

  test('says why an event would be quarantined', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const stdin = JSON.stringify(callbackOf({ operate: 'SHRED' }).event)
    const { stdout } = await run(folder, ['explain', '-'], { stdin })
    expect(stdout).toMatch(/quarantined: operate/)
    expect(stdout).toContain('owed to nobody')
  })

  test('for programs as well, and without the secrets', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const stdin = JSON.stringify(callbackOf().event)
    const env = { FEISHU_VERIFICATION_TOKEN: undefined, FEISHU_ENCRYPT_KEY: undefined }
    const { code, stdout } = await run(folder, ['explain', '-', '--json'], { stdin, env })
    const [created, read] = [
      { name: 'created', matches: true, why: null, to: ['one'] },
      { name: 'read', matches: false, why: 'operate: "CREATE" is not one of "READ"', to: ['two'] },
    ]
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ type: 'approval_cc', problems: [], sinks: ['one'] })
    expect(JSON.parse(stdout).routes.slice(0, 2)).toEqual([created, read])
  })
})

describe('usage', () => {
  test.each([
    [['--help'], 0],
    [[], 0],
    [['serve', '--help'], 0],
    [['sevre'], 2],
    [['check', '--confg', 'x'], 2],
    [['explain'], 2],
    [['send', '--count', 'many'], 2],
    [['send', '--url', 'nope'], 2],
    [['check', 'other.yaml'], 2],
    [['schema', 'x'], 2],
    [['send', 'a.json', 'b.json'], 2],
    [['help', 'check'], 0],
    [['--version'], 0],
  ])('lark-fanout %j exits with %d', async (args, expected) => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const { code, stdout, stderr } = await run(folder, args)
    expect(code).toBe(expected)
    expect(expected === 0 ? stdout : stderr).not.toBe('')
  })

  test.each([
    ['PORT', 'http'],
    ['DATABASE_URL', 'mysql://x'],
    ['DATABASE_URL', 'sqlite://x'],
    ['DATABASE_URL', 'sqlite::memory:'],
    ['ADMIN_TOKEN', 'short'],
    ['LOG_LEVEL', 'loud'],
  ])('serve refuses a bad %s', async (name, value) => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const { code, stderr } = await run(folder, ['serve'], { env: { [name]: value } })
    expect(code).toBe(2)
    expect(stderr).toContain(name)
    expect(stderr).not.toContain(value)
  })

  test('serve refuses one port for both surfaces', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const env = { PORT: '3456', ADMIN_PORT: '3456' }
    const { code, stderr } = await run(folder, ['serve'], { env })
    expect(code).toBe(2)
    expect(stderr).toContain('ADMIN_PORT: must be another port than PORT')
  })
})

describe('send', () => {
  test('acts as Feishu', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    await using gateway = await serve(folder)
    const url = `${gateway.url}/webhook/event`
    const one = await run(folder, ['send', '--url', url])
    expect(one).toEqual({ code: 0, stdout: '200 accepted\n', stderr: '' })
    const many = await run(folder, ['send', '--url', url, '--count', '20', '--rate', '200'])
    expect(many.stdout).toBe('20 × 200 accepted\n')
    const stdin = JSON.stringify(callbackOf())
    expect((await run(folder, ['send', '-', '--url', url], { stdin })).stdout).toBe(
      '200 accepted\n',
    )
    expect((await run(folder, ['send', '-', '--url', url], { stdin })).stdout).toBe(
      '200 duplicate\n',
    )
  })

  test('needs the keys of the source alone', async () => {
    const routes = `${FEISHU}sinks: { a: { type: webhook, url: "\${A_URL}" } }\n`
    await using folder = await openFolder({ 'routes.yaml': routes })
    await using gateway = await serve(folder, { A_URL: 'http://127.0.0.1:9' })
    const sent = await run(folder, ['send', '--url', `${gateway.url}/webhook/event`])
    expect(sent.stdout).toBe('200 accepted\n')
    const env = { FEISHU_ENCRYPT_KEY: undefined }
    const { code, stderr } = await run(folder, ['send'], { env })
    expect([code, stderr]).toEqual([2, expect.stringContaining('FEISHU_ENCRYPT_KEY')])
  })

  test('says when nobody answers, and exits with 1', async () => {
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    const { code, stdout } = await run(folder, ['send', '--url', 'http://127.0.0.1:9/'])
    expect(code).toBe(1)
    expect(stdout).toContain('no answer')
  })
})

test('serve --dev needs no environment, and prints the command that sends', async () => {
  await using receiver = await openReceiver()
  const text = `${FEISHU}sinks:
  hook: { type: webhook, url: "${receiver.url}" }
routes: [{ name: all, to: [hook] }]
`
  await using folder = await openFolder({ 'routes.yaml': text })
  const none = { FEISHU_VERIFICATION_TOKEN: undefined, FEISHU_ENCRYPT_KEY: undefined }
  await using gateway = await serve(folder, { ...none, HOST: '0.0.0.0' }, ['--dev'])
  expect(await gateway.logged('"listening"')).toContain('127.0.0.1')
  const line = await gateway.logged('npx lark-fanout send')
  const [variables = '', args = ''] = line.trim().split('npx lark-fanout ')
  const env = Object.fromEntries(
    variables
      .trim()
      .split(' ')
      .map((pair) => pair.split('=')),
  )
  const sent = await run(folder, args.split(' '), { env })
  expect(sent.stdout).toBe('200 accepted\n')
  await expect.poll(() => receiver.requests.length).toBe(1)
})

test('routes.schema.json is what `schema` prints, with the plugins that stand beside it', async () => {
  await using folder = await openFolder({})
  const beside = fileURLToPath(new URL('../../routes.yaml', import.meta.url))
  const { code, stdout } = await run(folder, ['schema', '--config', beside])
  expect(code).toBe(0)
  const file = new URL('../../routes.schema.json', import.meta.url)
  expect(stdout).toBe(await readFile(file, 'utf8'))
})

test('the demo shows the main job, whatever proxy there is', async () => {
  await using folder = await openFolder({})
  const nobody = 'http://127.0.0.1:1'
  const env = { HTTP_PROXY: nobody, http_proxy: nobody, HTTPS_PROXY: nobody }
  const { code, stdout, stderr } = await run(folder, ['demo'], { env, by: NODE })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/cc created +200 accepted +1 × +– +1 × +1 ×/)
  expect(stdout).toMatch(/the same again +200 duplicate +– +– +– +–/)
  expect(stdout).toMatch(/cc read +200 accepted +– +1 × +1 × +1 ×/)
  expect(stdout).toMatch(/forged +401 +– +– +– +–/)
  expect(code).toBe(0)
})

test('a reader that takes its time gets all of a long output', async () => {
  const data = { note: 'x'.repeat(300_000) }
  const callback = callbackOf(data)
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { log: { type: log } }\nroutes: [{ name: all, to: [log] }]\n`,
  })
  await using gateway = await serve(folder)
  expect(await post(gateway.url, callback)).toBe('200 accepted')
  const child = start(folder, ['events', 'show', callback.uuid, '--json'])
  await new Promise((resolve) => setTimeout(resolve, 2000))
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  await once(child, 'close')
  expect(JSON.parse(output).body.event.note).toHaveLength(300_000)
})
