import { describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { openReceiver, status } from '../receiver.ts'
import { sampleEvent } from '../sample-event.ts'
import { endOf, FEISHU, type Folder, openFolder, run, serve, start } from '../serve.ts'

const ADMIN = { ADMIN_TOKEN: 'a-token-of-the-operators' }

/** A folder with a store that holds so many events, and is owed each by the sink `old`, of which so many are dead. */
async function openStocked(events: number, dead = 0): Promise<Folder> {
  const folder = await openFolder({ 'routes.yaml': `${FEISHU}sinks: {}\n`, 'data/x': '' })
  const store = await openSqliteStore({ file: `${folder.path}/data/lark-fanout.db` })
  const owed = [{ sink: 'old', orderKey: null, claimMs: 0 }]
  const batch = Array.from({ length: events }, (_, i) => ({
    event: { ...sampleEvent(), id: `\u001b[2Jevent-${i}` },
    problems: [],
    owed,
  }))
  await store.accept(batch, Date.now())
  const record = { at: Date.now(), durationMs: 1, status: 500, error: 'HTTP 500', response: '' }
  const outcome = { state: 'dead', reason: 'HTTP 500' } as const
  for (let left = dead; left > 0; ) {
    const query = { sink: 'old', now: Date.now(), leaseMs: 60_000, limit: left }
    const claimed = await store.claim(query)
    await store.settle(
      claimed.map(({ id, claim, attempt }) => ({ id, claim, attempt, outcome, record })),
    )
    left -= claimed.length
  }
  await store.close()
  return folder
}

describe('wrong usage says what to do, and exits with 2', () => {
  test.each([
    [['events'], 'lark-fanout events <command>'],
    [['events', '--json'], 'lark-fanout events <command>'],
    [['events', 'lst'], 'did you mean "list"?'],
    [['event'], 'did you mean "events"?'],
    [['sinks', 'pasue', 'x'], 'did you mean "pause"?'],
    [['events', 'show'], 'name an event'],
    [['events', 'list', 'x'], 'events list does not take "x"'],
    [['events', 'list', '--state', 'dead'], 'accepted, quarantined'],
    [['events', 'list', '--limit', '0'], '--limit'],
    [['events', 'list', '--limit', '1.5'], '--limit'],
    [['events', 'list', '--limit', '2', '--all'], 'exclude each other'],
    [['events', 'list', '--since', 'yesterday'], '--since must be like 2h'],
    [['events', 'list', '--since', '1h', '--until', '2h'], '--since must be before --until'],
    [['deliveries', 'list', '--since', '2999-01-01'], '--since must be before --until'],
    [['retry'], '--all for every one'],
    [['retry', '17', '--sink', 'x'], 'say which'],
    [['retry', '--all', '--sink', 'x'], 'say which'],
    [['replay'], '--since'],
    [['replay', '--since', '1h', '--match', '[1]'], '--match must be a JSON object'],
    [['replay', '--since', '1h', '--match', '{'], '--match must be a JSON object'],
    [['sinks', 'pause'], 'name a sink'],
    [['audit', '--url', 'localhost:3000'], '--url must be'],
    [['audit', '--url', 'http://u:hush@127.0.0.1:9'], '--url must be'],
  ])('%j', async (args, said) => {
    await using folder = await openFolder({})
    const { code, stdout, stderr } = await run(folder, args, { env: ADMIN })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
    expect(stderr).not.toContain('hush')
  })
})

test.each([
  [
    ['events', '--help'],
    ['list', 'show'],
  ],
  [
    ['help', 'events', 'list'],
    ['--state STATE', '--q TEXT', '--json', 'ADMIN_TOKEN', 'UTC'],
  ],
  [
    ['retry', '--help'],
    ['--all', '--yes', '--url URL'],
  ],
  [
    ['replay', '-h'],
    ['--resend', '--match JSON'],
  ],
])('%j helps', async (args, words) => {
  await using folder = await openFolder({})
  const { code, stdout } = await run(folder, args)
  expect(code).toBe(0)
  for (const word of words) expect(stdout).toContain(word)
})

describe('beside', () => {
  test('no store yet', async () => {
    await using folder = await openFolder({ 'routes.yaml': FEISHU })
    const { code, stderr } = await run(folder, ['events', 'list'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/lark-fanout\.db does not exist.*DATABASE_URL/),
    ])
  })

  test('a store that lives in another process', async () => {
    await using folder = await openFolder({ 'routes.yaml': FEISHU })
    const { code, stderr } = await run(folder, ['audit'], { env: { DATABASE_URL: 'memory:' } })
    expect([code, stderr]).toEqual([2, expect.stringContaining('--url')])
  })

  test('whoever lacks the secrets of routes.yaml can pause, and cannot replay', async () => {
    await using folder = await openStocked(3)
    const env = { FEISHU_ENCRYPT_KEY: undefined }
    const list = await run(folder, ['sinks', 'list'], { env })
    expect([list.code, list.stderr]).toEqual([0, expect.stringContaining('FEISHU_ENCRYPT_KEY')])
    expect(list.stdout).toMatch(/\nold /)
    expect(list.stdout).not.toContain('not in routes.yaml')
    expect((await run(folder, ['sinks', 'pause', 'any'], { env })).code).toBe(0)
    const replay = await run(folder, ['replay', '--since', '1h', '--yes'], { env })
    expect([replay.code, replay.stderr]).toEqual([2, expect.stringContaining('FEISHU_ENCRYPT_KEY')])
  })

  test('lists go on page by page, each item once, and obey no event', async () => {
    await using folder = await openStocked(1203)
    const all = await run(folder, ['events', 'list', '--all', '--json'])
    const ids = all.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).id)
    expect(ids).toEqual(Array.from({ length: 1203 }, (_, i) => `\u001b[2Jevent-${1202 - i}`))
    expect(all.stderr).toBe('')
    const few = await run(folder, ['events', 'list', '--limit', '700'])
    expect(few.stdout.split('\n').filter(Boolean)).toHaveLength(701)
    expect(few.stderr).toContain('the first 700')
    expect(all.stdout + few.stdout).not.toContain('\u001b')
  })

  test('whoever reads may stop reading', async () => {
    await using folder = await openStocked(20_000)
    const child = start(folder, ['events', 'list', '--all'])
    child.stdout?.once('data', () => child.stdout?.destroy())
    expect(await endOf(child)).toMatchObject({ code: 0, stderr: '' })
  })

  test('Ctrl-C ends long work after a batch; the audit says so, and the same command goes on', async () => {
    // Far more than are done before the signal arrives.
    const DEAD = 30_000
    await using folder = await openStocked(DEAD, DEAD)
    const child = start(folder, ['retry', '--all', '--yes'])
    // The dry run is over, the work begins.
    child.stdout?.once('data', () => child.kill('SIGINT'))
    expect(await endOf(child)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('stopped'),
    })
    const { stdout } = await run(folder, ['audit', '--json'])
    const { outcome } = JSON.parse(stdout)
    expect(outcome.error).toContain('stopped')
    expect(outcome.retried ?? 0).toBeLessThan(DEAD)
    const rest = await run(folder, ['retry', '--all', '--yes'])
    expect(rest.stdout).toContain(`${DEAD - (outcome.retried ?? 0)} dead letters are owed again`)
  })
})

describe('--url', () => {
  test('needs ADMIN_TOKEN, and never shows it', async () => {
    await using folder = await openFolder({ 'routes.yaml': FEISHU })
    const none = await run(folder, ['audit', '--url', 'http://127.0.0.1:9'])
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('ADMIN_TOKEN')])
    const env = { ADMIN_TOKEN: 'a-token-with\na-line' }
    const odd = await run(folder, ['audit', '--url', 'http://127.0.0.1:9'], { env })
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('ADMIN_TOKEN')])
    expect(odd.stderr).not.toContain('a-line')
  })

  test('Ctrl-C ends the work over there', async () => {
    await using gateway = await openReceiver()
    const asked = Promise.withResolvers<void>()
    const brokenOff = Promise.withResolvers<void>()
    gateway.answerWith((response) => {
      response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
      response.write('{"progress":{"retried":500}}\n')
      response.once('close', brokenOff.resolve)
      asked.resolve()
    })
    await using folder = await openFolder({ 'routes.yaml': FEISHU })
    const child = start(folder, ['retry', '--all', '--yes', '--url', gateway.url], ADMIN)
    const end = endOf(child)
    await asked.promise
    child.kill('SIGINT')
    await brokenOff.promise
    expect(await end).toEqual({
      code: 1,
      stdout: '',
      stderr: 'stopped; what was done until then stays done\n',
    })
  })

  test('a gateway that ends in the middle, and a server that is none', async () => {
    await using gateway = await openReceiver()
    gateway.answerWith(
      (response) => {
        response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
        response.write('{"progress":{"retried":500}}\n', () => response.destroy())
      },
      status(200, {}, '{"error":"The work ended early; the log says why."}\n'),
      status(200, {}, '<html>hello</html>'),
      status(302, { Location: `${gateway.url}/elsewhere` }),
    )
    await using folder = await openFolder({ 'routes.yaml': FEISHU })
    const ask = (...args: string[]) => run(folder, [...args, '--url', gateway.url], { env: ADMIN })
    const middle = await ask('retry', '--all')
    expect([middle.code, middle.stderr]).toEqual([1, expect.stringContaining('in the middle')])
    const early = await ask('retry', '--all')
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('the log says why')])
    const html = await ask('audit')
    expect([html.code, html.stderr]).toEqual([1, expect.stringContaining('does not answer as')])
    const moved = await ask('audit')
    expect([moved.code, moved.stderr]).toEqual([1, expect.stringContaining('302')])
    expect(gateway.requests.map(({ path }) => path)).not.toContain('/elsewhere')
  })

  test('nobody answers there', async () => {
    await using folder = await openFolder({ 'routes.yaml': FEISHU })
    const { code, stderr } = await run(folder, ['audit', '--url', 'http://127.0.0.1:9'], {
      env: ADMIN,
    })
    expect([code, stderr]).toEqual([1, expect.stringContaining('is the gateway running')])
  })

  test('a gateway of another token, or of none', async () => {
    await using folder = await openFolder({ 'routes.yaml': `${FEISHU}sinks: {}\n` })
    const wrong = { ADMIN_TOKEN: 'a-token-of-someone-else' }
    {
      await using gateway = await serve(folder, ADMIN)
      const { code, stderr } = await run(folder, ['audit', '--url', gateway.url], { env: wrong })
      expect([code, stderr]).toEqual([1, expect.stringContaining('set ADMIN_TOKEN')])
      expect(stderr).not.toContain(wrong.ADMIN_TOKEN)
    }
    await using gateway = await serve(folder)
    for (const args of [['audit'], ['events', 'show', 'x'], ['sinks', 'pause', 'x']]) {
      const { code, stderr } = await run(folder, [...args, '--url', gateway.url], { env: ADMIN })
      expect([code, stderr]).toEqual([1, expect.stringContaining('has no API')])
    }
  })
})
