import { describe, expect, test } from 'vitest'
import { openPlatform } from '../feishu/open-platform.ts'
import { endOf, openFolder, run, serve, start } from '../serve.ts'

const file = (source: string) => `version: 1
sources:
  feishu:
    type: feishu
    verification_token: \${FEISHU_VERIFICATION_TOKEN}
${source.replaceAll(/^/gm, '    ')}
sinks:
  log: { type: log }
routes:
  - { name: known, match: { approval_code: KNOWN }, to: [log] }
  - { name: hidden, match: { approval_code: "\${CODE}" }, to: [log] }
`

const VARIABLE = `\${CODE}`

const env = (secret: string) => ({ CODE: 'CODE-FROM-OUTSIDE', SECRET: secret })

const app = ({ appId, domain }: { appId: string; domain: string }) =>
  `app_id: ${appId}\napp_secret: \${SECRET}\ndomain: ${domain}`

const objects = (lines: string) =>
  lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('list', () => {
  test('what is needed and where it is named; who does not subscribe', async () => {
    await using folder = await openFolder({ 'routes.yaml': file('') })
    const { code, stdout, stderr } = await run(folder, ['subscriptions', 'list'], { env: env('') })
    expect(code).toBe(0)
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['SOURCE', 'APPROVAL CODE', 'SUBSCRIBES ITSELF', 'NAMED AT'],
      ['feishu', 'KNOWN', 'no', 'routes.yaml:10:44', 'routes.0.match.approval_code'],
      ['feishu', VARIABLE, 'no', 'routes.yaml:11:45', 'routes.1.match.approval_code'],
      [''],
    ])
    expect(stderr).toBe(
      'feishu does not subscribe by itself: give it app_id, app_secret and subscribe: true, or see to it elsewhere\n',
    )
  })

  test('as JSON, of a source that subscribes; nobody is asked', async () => {
    await using platform = await openPlatform()
    const source = `${app(platform.app)}\nsubscribe: true`
    await using folder = await openFolder({ 'routes.yaml': file(source) })
    const args = ['subscriptions', 'list', '--json']
    const { code, stdout, stderr } = await run(folder, args, { env: env('any') })
    expect([code, stderr]).toEqual([0, ''])
    expect(objects(stdout)).toEqual([
      {
        source: 'feishu',
        approval_code: 'KNOWN',
        places: ['routes.yaml:13:44  routes.0.match.approval_code'],
        subscribe: true,
      },
      expect.objectContaining({ approval_code: VARIABLE, subscribe: true }),
    ])
    expect(platform.calls).toEqual([])
  })

  test('of an app whose other source subscribes: by that one, and no advice', async () => {
    const credentials = `app_id: cli_a1b2c3d4e5f60718\napp_secret: \${SECRET}`
    const other = `  ws: { type: feishu-ws, app_id: cli_a1b2c3d4e5f60718, app_secret: "\${SECRET}", subscribe: true }\nsinks:`
    const text = file(credentials).replace('sinks:', other)
    await using folder = await openFolder({ 'routes.yaml': text })
    const { stdout, stderr } = await run(folder, ['subscriptions', 'list'], { env: env('any') })
    expect(stdout.match(/^(feishu|ws) .* (yes|no)/gm)).toEqual([
      expect.stringMatching(/^ws +KNOWN +yes/),
      expect.stringMatching(/^ws +\$\{CODE\} +yes/),
    ])
    expect(stderr).toBe('')
  })

  test('no route names any', async () => {
    const routes = file('').replaceAll(/match: {.*}, to/g, 'to')
    await using folder = await openFolder({ 'routes.yaml': routes })
    const { code, stdout, stderr } = await run(folder, ['subscriptions', 'list'])
    expect([code, stdout, stderr]).toEqual([0, '', 'no enabled route names an approval_code\n'])
  })
})

describe('sync', () => {
  test('subscribes, whether or not the source does so itself; a second time all is there', async () => {
    await using platform = await openPlatform()
    await using folder = await openFolder({ 'routes.yaml': file(app(platform.app)) })
    const options = { env: env(platform.app.appSecret) }
    const first = await run(folder, ['subscriptions', 'sync'], options)
    expect([first.code, first.stderr]).toEqual([0, ''])
    expect(first.stdout).toMatch(/^feishu +KNOWN +subscribed +routes\.yaml:12:44/m)
    expect(first.stdout).toMatch(/^feishu +\$\{CODE\} +subscribed +routes\.yaml:13:45/m)
    expect(platform.asked()).toEqual(['KNOWN', 'CODE-FROM-OUTSIDE'])
    const second = await run(folder, ['subscriptions', 'sync', '--json'], options)
    expect(second.code).toBe(0)
    expect(objects(second.stdout)).toMatchObject([
      { approval_code: 'KNOWN', state: 'already subscribed', message: null },
      { approval_code: VARIABLE, state: 'already subscribed', message: null },
    ])
  })

  test('each of an app is asked for once, however many sources it has', async () => {
    await using platform = await openPlatform()
    const again = `  again: { type: feishu, path: /again, verification_token: t, ${app(platform.app)
      .replaceAll('\n', ', ')
      .replace(/\$\{SECRET\}/, '"$&"')} }\nsinks:`
    const text = file(app(platform.app)).replace('sinks:', again)
    await using folder = await openFolder({ 'routes.yaml': text })
    const options = { env: env(platform.app.appSecret) }
    expect((await run(folder, ['subscriptions', 'sync'], options)).code).toBe(0)
    expect(platform.asked()).toEqual(['KNOWN', 'CODE-FROM-OUTSIDE'])
  })

  test('one that Feishu does not know is exit code 1', async () => {
    await using platform = await openPlatform({ approvals: ['KNOWN'] })
    await using folder = await openFolder({ 'routes.yaml': file(app(platform.app)) })
    const { code, stdout } = await run(folder, ['subscriptions', 'sync'], {
      env: env(platform.app.appSecret),
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^feishu +\$\{CODE\} +unknown +routes\.yaml:13:45/m)
    expect(stdout).not.toContain('CODE-FROM-OUTSIDE')
  })

  test('a wrong secret is said, with what to do, and not shown', async () => {
    await using platform = await openPlatform()
    await using folder = await openFolder({ 'routes.yaml': file(app(platform.app)) })
    const { code, stdout, stderr } = await run(folder, ['subscriptions', 'sync'], {
      env: env('a-wrong-secret'),
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^feishu +KNOWN +failed/m)
    expect(stderr).toMatch(
      /^feishu, KNOWN and \d more: Feishu refuses app_id and app_secret \(10014: .*\): compare .*\n$/,
    )
    expect(stdout + stderr).not.toContain('a-wrong-secret')
  })

  test('Ctrl-C ends it, and says what was not asked', async () => {
    await using platform = await openPlatform()
    const more = '  - { name: more, match: { approval_code: [M1, M2, M3, M4, M5] }, to: [log] }\n'
    await using folder = await openFolder({ 'routes.yaml': file(app(platform.app)) + more })
    const child = start(folder, ['subscriptions', 'sync'], env(platform.app.appSecret))
    const ended = endOf(child)
    while (platform.asked().length === 0) await new Promise((resolve) => setImmediate(resolve))
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect(code).toBe(1)
    expect(stdout).toMatch(/^feishu +M5 +failed/m)
    expect(stderr).toContain('the command was stopped')
  })

  test('it is done, and ends as ever, though nobody reads any more', async () => {
    await using platform = await openPlatform({ approvals: ['KNOWN', 'CODE-FROM-OUTSIDE'] })
    await using folder = await openFolder({ 'routes.yaml': file(app(platform.app)) })
    const child = start(folder, ['subscriptions', 'sync'], env(platform.app.appSecret))
    child.stdout?.destroy()
    const { code, stderr } = await endOf(child)
    expect([code, stderr]).toEqual([0, ''])
  })

  test('without credentials it cannot be', async () => {
    await using folder = await openFolder({ 'routes.yaml': file('') })
    const { code, stderr } = await run(folder, ['subscriptions', 'sync'], { env: env('') })
    expect(code).toBe(2)
    expect(stderr).toBe('no source has app_id and app_secret, which it takes to subscribe\n')
  })
})

test('a gateway with subscribe: true subscribes at its start, and to what a reload brings', async () => {
  await using platform = await openPlatform({ approvals: ['KNOWN', 'NEW'] })
  const source = `${app(platform.app)}\nsubscribe: true`
  await using folder = await openFolder({ 'routes.yaml': file(source) })
  const more = { ...env(platform.app.appSecret), DATABASE_URL: 'memory:' }
  await using gateway = await serve(folder, more)
  await gateway.logged('approvals are subscribed')
  const unknown = await gateway.logged('Feishu knows no approval with this code: routes.yaml:14:45')
  expect(JSON.parse(unknown)).toMatchObject({ level: 40, source: 'feishu' })
  await folder.write('routes.yaml', file(source).replace(`"${VARIABLE}"`, 'NEW'))
  await gateway.logged('routes.yaml reloaded')
  await gateway.logged('"subscribed":1,"already_subscribed":0,"msg":"approvals are subscribed"')
  while (!platform.api.isSubscribed(platform.app.appId, 'NEW')) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(platform.asked()).toEqual(['KNOWN', 'CODE-FROM-OUTSIDE', 'NEW'])
  expect(gateway.log.join('\n')).not.toContain('CODE-FROM-OUTSIDE')
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
})

test('a gateway starts while Feishu cannot be reached, and stops at once', async () => {
  const source = app({ appId: 'cli_1', domain: 'http://127.0.0.1:1' })
  await using folder = await openFolder({ 'routes.yaml': file(`${source}\nsubscribe: true`) })
  await using gateway = await serve(folder, { ...env('secret'), DATABASE_URL: 'memory:' })
  const line = await gateway.logged('approvals are not subscribed')
  expect(JSON.parse(line)).toMatchObject({ source: 'feishu', approvals: 2 })
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
})
