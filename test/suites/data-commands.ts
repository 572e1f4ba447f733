import { expect, test } from 'vitest'
import { openReceiver, status } from '../receiver.ts'
import {
  callbackOf,
  FEISHU,
  type Folder,
  openFolder,
  post,
  run,
  type Served,
  serve,
} from '../serve.ts'

const ADMIN = { ADMIN_TOKEN: 'a-token-of-the-operators' }
const QUICK = 'retry: { attempts: 1, quick: 0 }'

/** How a command reaches the data: on the store beside the gateway, or by the gateway's API. */
export type Way = 'beside' | '--url'

export function testDataCommands(way: Way): void {
  function ask(folder: Folder, gateway: Served, ...args: string[]) {
    const url = way === '--url' ? ['--url', gateway.adminUrl] : []
    return run(folder, [...args, ...url], { env: ADMIN })
  }

  /** What a list prints with --json, parsed. */
  async function listed(folder: Folder, gateway: Served, ...args: string[]) {
    const { code, stdout } = await ask(folder, gateway, ...args, '--json')
    expect(code).toBe(0)
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }

  test('dead letters are found, looked at, and retried', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith(status(500, {}, 'busy \u001b[31mred'))
    await using folder = await openFolder({
      'routes.yaml': `${FEISHU}sinks: { hook: { type: webhook, url: "${receiver.url}", ${QUICK} } }
routes: [{ name: all, to: [hook] }]
`,
    })
    await using gateway = await serve(folder, ADMIN)
    const callbacks = [callbackOf(), callbackOf(), callbackOf({ user_id: 'the-third' })]
    for (const callback of callbacks) await post(gateway.url, callback)
    const dead = ['deliveries', 'list', '--state', 'dead']
    await expect.poll(() => listed(folder, gateway, ...dead), { timeout: 20_000 }).toHaveLength(3)

    const ids = callbacks.map(({ uuid }) => uuid).reverse()
    const events = await listed(folder, gateway, 'events', 'list', '--since', '1h')
    expect(events.map(({ id }) => id)).toEqual(ids)
    const found = await listed(folder, gateway, 'events', 'list', '--q', 'the-third')
    expect(found.map(({ id }) => id)).toEqual(ids.slice(0, 1))
    const table = await ask(folder, gateway, ...dead, '--limit', '2')
    expect(table.stdout).toMatch(/^ID +ACCEPTED +SINK +EVENT +STATE +ATTEMPTS/)
    expect(table.stdout.trim().split('\n')).toHaveLength(3)
    expect(table.stderr).toContain('--limit N')
    const shown = await ask(folder, gateway, 'events', 'show', ids[0] ?? '')
    expect(shown.stdout).toContain('to hook: dead after 1 attempt')
    expect(shown.stdout).toContain('HTTP 500  busy \\u001b[31mred')
    expect(shown.stdout).toContain('"user_id": "the-third"')

    const dryRun = await ask(folder, gateway, 'retry', '--sink', 'hook')
    expect(dryRun.code).toBe(0)
    expect(dryRun.stdout).toContain('3 dead letters would be owed again')
    expect(dryRun.stdout).toContain('--yes')
    expect(await listed(folder, gateway, ...dead)).toHaveLength(3)
    expect(await listed(folder, gateway, 'audit')).toEqual([])

    receiver.answerWith(status(200))
    const [first] = await listed(folder, gateway, ...dead, '--event', `ref:${events[0]?.ref}`)
    expect(first.event).toBe(ids[0])
    const one = await ask(folder, gateway, 'retry', first.id)
    expect(one).toEqual({ code: 0, stdout: '1 dead letter is owed again\n', stderr: '' })
    await expect.poll(() => receiver.requests.length).toBe(4)
    const again = await ask(folder, gateway, 'retry', first.id)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('not of a dead letter')])
    const all = await ask(folder, gateway, 'retry', '--all', '--yes')
    expect(all.stdout).toContain('2 dead letters are owed again')
    await expect.poll(() => receiver.requests.length).toBe(6)
    const delivered = ['deliveries', 'list', '--state', 'delivered', '--sink', 'hook']
    await expect
      .poll(() => listed(folder, gateway, ...delivered), { timeout: 20_000 })
      .toHaveLength(3)

    const audit = await listed(folder, gateway, 'audit')
    expect(audit.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['retry', { retried: 2 }],
      ['retry', { retried: 0 }],
      ['retry', { retried: 1 }],
    ])
    expect(audit[0].actor).toMatch(way === '--url' ? /^api \S+@\S+$/ : /^cli \S+@\S+$/)
  })

  test('replay owes a new route what was stored, once, and with --resend again', async () => {
    await using receiver = await openReceiver()
    const routes = `${FEISHU}sinks: { hook: { type: webhook, url: "${receiver.url}" } }\n`
    await using folder = await openFolder({ 'routes.yaml': routes })
    await using gateway = await serve(folder, ADMIN)
    const [created, read] = [callbackOf(), callbackOf({ operate: 'READ' })]
    for (const callback of [created, read]) await post(gateway.url, callback)
    const route = `routes: [{ name: reads, match: { operate: READ }, to: [hook] }]\n`
    await folder.write('routes.yaml', routes + route)
    await gateway.logged('routes.yaml reloaded')

    const dryRun = await ask(folder, gateway, 'replay', '--since', '1h')
    expect([dryRun.code, dryRun.stdout]).toEqual([
      0,
      expect.stringMatching(/^2 events: 1 delivery would be owed\n {2}hook {2}1\n.*--yes/s),
    ])
    expect(receiver.requests).toHaveLength(0)
    const done = await ask(folder, gateway, 'replay', '--since', '1h', '--yes')
    expect(done.stdout).toContain('2 events: 1 delivery owed')
    await expect.poll(() => receiver.requests.length).toBe(1)
    expect(JSON.parse(receiver.requests[0]?.body ?? '').uuid).toBe(read.uuid)

    const twice = await ask(folder, gateway, 'replay', '--since', '1h', '--route', 'reads', '--yes')
    expect(twice.stdout).toBe('2 events: 0 deliveries would be owed\n')
    const match = ['--match', '{"operate":"READ"}']
    const resent = await ask(
      folder,
      gateway,
      'replay',
      '--since',
      '1h',
      ...match,
      '--resend',
      '--yes',
    )
    expect(resent.stdout).toContain('1 event: 1 delivery owed')
    await expect.poll(() => receiver.requests.length).toBe(2)
    expect(JSON.parse(receiver.requests[1]?.body ?? '').uuid).toBe(read.uuid)

    const unknown = await ask(folder, gateway, 'replay', '--since', '1h', '--route', 'writes')
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('route')])
    const broken = await ask(folder, gateway, 'replay', '--since', '1h', '--match', '{"a":[]}')
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('match.a')])
  })

  test('a paused sink is sent nothing until it is resumed', async () => {
    await using receiver = await openReceiver()
    await using other = await openReceiver()
    await using folder = await openFolder({
      'routes.yaml': `${FEISHU}sinks:
  hook: { type: webhook, url: "${receiver.url}" }
  other: { type: webhook, url: "${other.url}" }
routes: [{ name: all, to: [hook, other] }]
`,
    })
    await using gateway = await serve(folder, ADMIN)
    const paused = await ask(folder, gateway, 'sinks', 'pause', 'hook')
    expect([paused.code, paused.stdout]).toEqual([0, expect.stringContaining('hook is paused')])
    const posted: string[] = []
    const postOne = async () => {
      const callback = callbackOf()
      posted.push(callback.uuid)
      await post(gateway.url, callback)
      await expect.poll(() => other.requests.length).toBe(posted.length)
    }
    // Until the gateway has noticed, hook may get some as well.
    await expect
      .poll(async () => {
        await postOne()
        return posted.length - receiver.requests.length
      })
      .toBeGreaterThan(5)
    const [hook] = await listed(folder, gateway, 'sinks', 'list')
    const got = receiver.requests.length
    expect(hook).toMatchObject({ name: 'hook', paused: true, paused_by: ['operator'] })
    expect(hook.backlog).toBe(posted.length - got)
    await postOne()
    const [later] = await listed(folder, gateway, 'sinks', 'list')
    expect([later.backlog, receiver.requests.length]).toEqual([hook.backlog + 1, got])
    if (way === '--url') expect(hook.breaker).toBe('closed')

    expect((await ask(folder, gateway, 'sinks', 'resume', 'hook')).stdout).toBe('hook is resumed\n')
    await expect.poll(() => receiver.requests.length).toBe(posted.length)
    const bodies = receiver.requests.map(({ body }) => JSON.parse(body).uuid)
    expect(bodies.toSorted()).toEqual(posted.toSorted())
    const none = await ask(folder, gateway, 'sinks', 'pause', 'hok')
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('did you mean "hook"?')])
    for (const command of [['deliveries', 'list'], ['retry']]) {
      const unheard = await ask(folder, gateway, ...command, '--sink', 'hok')
      expect([unheard.code, unheard.stdout]).toEqual([2, ''])
      expect(unheard.stderr).toContain('there is no sink "hok"; did you mean "hook"?')
    }
  })

  test('what a sink that left routes.yaml is owed is discarded', async () => {
    const sinks = 'sinks: { gone: { type: log, paused: true }, kept: { type: log } }\n'
    const route = (to: string) => `routes: [{ name: all, to: [${to}] }]\n`
    await using folder = await openFolder({ 'routes.yaml': FEISHU + sinks + route('gone') })
    await using gateway = await serve(folder, ADMIN)
    for (const callback of [callbackOf(), callbackOf()]) await post(gateway.url, callback)
    await folder.write('routes.yaml', `${FEISHU}sinks: { kept: { type: log } }\n${route('kept')}`)
    await gateway.logged('routes.yaml reloaded')

    const table = await ask(folder, gateway, 'sinks', 'list')
    expect(table.stdout).toMatch(/\ngone +– +not in routes\.yaml +2 +0 /)
    const dryRun = await ask(folder, gateway, 'sinks', 'discard', 'gone')
    expect(dryRun.stdout).toContain('2 deliveries owed to gone would become dead letters')
    const still = await listed(folder, gateway, 'sinks', 'list')
    expect(still.find(({ name }) => name === 'gone')).toMatchObject({ backlog: 2, dead: 0 })
    const done = await ask(folder, gateway, 'sinks', 'discard', 'gone', '--yes')
    expect([done.code, done.stdout]).toEqual([
      0,
      expect.stringContaining('2 deliveries owed to gone made'),
    ])
    const dead = await listed(folder, gateway, 'deliveries', 'list', '--state', 'dead')
    expect(dead.map(({ sink, reason }) => [sink, reason])).toEqual([
      ['gone', expect.stringContaining('discarded by')],
      ['gone', expect.stringContaining('discarded by')],
    ])
    const none = await ask(folder, gateway, 'sinks', 'discard', 'nobody', '--yes')
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('no sink "nobody"')])
    expect(await listed(folder, gateway, 'deliveries', 'list', '--sink', 'gone')).toHaveLength(2)
  })

  test('an event that is not there', async () => {
    await using folder = await openFolder({ 'routes.yaml': `${FEISHU}sinks: {}\n` })
    await using gateway = await serve(folder, ADMIN)
    const { code, stderr } = await ask(folder, gateway, 'events', 'show', 'nope')
    expect([code, stderr]).toEqual([1, 'there is no event "nope"\n'])
    const list = await ask(folder, gateway, 'events', 'list')
    expect(list).toEqual({ code: 0, stdout: '', stderr: 'no events\n' })
  })
}
