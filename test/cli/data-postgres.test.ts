import { describe, expect, test, vi } from 'vitest'
import { messageOf } from '../../src/core/errors.ts'
import { openNodeStore } from '../../src/hosts/node-store.ts'
import { recordingLog } from '../log.ts'
import { freePort, sharedPostgres } from '../postgres.ts'
import { openReceiver } from '../receiver.ts'
import { callbackOf, endOf, FEISHU, openFolder, post, run, serve, start } from '../serve.ts'
import { openTcpProxy } from '../tcp-proxy.ts'

const PASSWORD = 'a-p@ssword/of#its?own'

/** A database, and the URL by which a role enters it that may create a schema there and nothing else. */
async function openOwn() {
  const server = await sharedPostgres()
  const database = await server.createDatabase()
  const url = new URL(database.url)
  const name = url.pathname.slice(1)
  await server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`)
  await server.query(`GRANT CREATE ON DATABASE ${name} TO ${name}`)
  url.username = name
  url.password = encodeURIComponent(PASSWORD)
  return { url: url.href, database }
}

const postgres = (url: string) => ({ kind: 'postgres', url, directUrl: undefined }) as const

test('two gateways serve one database, and commands work beside them; its password is nowhere', async () => {
  const { url, database } = await openOwn()
  await using _database = database
  await using receiver = await openReceiver()
  const routes = `${FEISHU}sinks: { hook: { type: webhook, url: "${receiver.url}" } }
routes: [{ name: all, to: [hook] }]
`
  await using folder = await openFolder({ 'routes.yaml': routes })
  const env = { DATABASE_URL: url }
  const said: string[] = []
  async function command(...args: string[]) {
    const { code, stdout, stderr } = await run(folder, args, { env })
    said.push(stdout, stderr)
    return { code, stdout, stderr }
  }

  const tooEarly = await command('sinks', 'list')
  expect(tooEarly).toMatchObject({ code: 1, stderr: expect.stringContaining('start the gateway') })
  await using one = await serve(folder, env)
  await using other = await serve(folder, env)
  const callback = callbackOf()
  expect(await post(one.url, callback)).toBe('200 accepted')
  expect(await post(other.url, callback)).toBe('200 duplicate')
  await expect.poll(() => receiver.requests.length).toBe(1)

  expect((await command('sinks', 'pause', 'hook')).code).toBe(0)
  const { stdout } = await command('sinks', 'list', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ name: 'hook', paused_by: ['operator'] })

  for (const gateway of [one, other]) gateway.signal('SIGTERM')
  expect(await Promise.all([one.ended, other.ended])).toEqual([0, 0])
  said.push(...one.log, ...other.log)
  expect(said.join('\n')).toContain(`"store":"postgres://${new URL(url).host}/`)
  for (const form of [PASSWORD, encodeURIComponent(PASSWORD), new URL(url).password])
    expect(said.join('\n')).not.toContain(form)
}, 60_000)

test('a password that the database refuses is not repeated', async () => {
  const { url, database } = await openOwn()
  await using _database = database
  await using folder = await openFolder({ 'routes.yaml': FEISHU })
  const wrong = new URL(url)
  wrong.password = 'hunter2'
  const { code, stdout, stderr } = await run(folder, ['serve'], {
    env: { DATABASE_URL: wrong.href },
  })
  expect([code, stderr]).toEqual([1, expect.stringContaining('refuses the password')])
  expect(stdout + stderr).not.toContain('hunter2')
}, 60_000)

test('a store is closed in time, though the database has gone silent', async () => {
  const { url, database } = await openOwn()
  await using _database = database
  await using proxy = await openTcpProxy(Number(new URL(url).port))
  const through = new URL(url)
  through.port = String(proxy.port)
  const log = recordingLog()
  const store = await openNodeStore(postgres(through.href), { log })
  proxy.freeze()
  const asked = store.backlog().catch(() => {})
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const closed = store.close()
  await vi.advanceTimersByTimeAsync(3000)
  vi.useRealTimers()
  await closed
  expect(log.lines.join()).toContain('the connections to the database were left open')
  proxy.refuse()
  await asked
}, 60_000)

describe('a gateway that starts while the database is away', () => {
  const AWAY = 'warn the database is away: trying for 30 s before giving up'
  const absent = async () => `postgres://me:hunter2@127.0.0.1:${await freePort()}/events`

  test('waits for it', async () => {
    const { url, database } = await openOwn()
    await using _database = database
    await using proxy = await openTcpProxy(Number(new URL(url).port))
    const through = new URL(url)
    through.port = String(proxy.port)
    proxy.refuse()
    const log = recordingLog()
    const opening = openNodeStore(postgres(through.href), { log })
    await expect.poll(() => log.lines).toEqual([expect.stringContaining(AWAY)])
    proxy.pass()
    const store = await opening
    await store.close()
    expect(log.lines).toEqual(
      [AWAY, 'info the store is open'].map((line) => expect.stringContaining(line)),
    )
  }, 60_000)

  test('gives up after half a minute', async () => {
    const log = recordingLog()
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const failed = openNodeStore(postgres(await absent()), { log }).catch(messageOf)
      await expect.poll(() => log.lines).toEqual([expect.stringContaining(AWAY)])
      vi.advanceTimersByTime(31_000)
      expect(await failed).toMatch(/nobody listens: is it running/)
      expect(log.lines).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  })

  test('ends when it is told to meanwhile', async () => {
    await using folder = await openFolder({ 'routes.yaml': FEISHU })
    const child = start(folder, ['serve'], { DATABASE_URL: await absent() })
    child.stdout?.once('data', () => child.kill('SIGTERM'))
    const { code, stdout, stderr } = await endOf(child)
    expect(stdout).toContain('the database is away')
    expect([code, stderr]).toEqual([0, ''])
  })
})

test('a database that only reads is refused at the start', async () => {
  const { url, database } = await openOwn()
  await using _database = database
  const log = recordingLog()
  await (await openNodeStore(postgres(url), { log })).close()
  const reading = `${url}?options=-c%20default_transaction_read_only%3Don`
  await expect(openNodeStore(postgres(reading), { log })).rejects.toThrow('lead to the primary')
})
