import { expect, test, vi } from 'vitest'
import { openNodeStore } from '../../src/hosts/node-store.ts'
import { recordingLog } from '../log.ts'
import { sharedPostgres } from '../postgres.ts'
import { openReceiver } from '../receiver.ts'
import { callbackOf, FEISHU, openFolder, post, run, serve } from '../serve.ts'
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
  const address = { kind: 'postgres', url: through.href, directUrl: undefined } as const
  const store = await openNodeStore(address, { log })
  proxy.freeze()
  const asked = store.pauses().catch(() => {})
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const closed = store.close()
  await vi.advanceTimersByTimeAsync(3000)
  vi.useRealTimers()
  await closed
  expect(log.lines.join()).toContain('the connections to the database were left open')
  proxy.refuse()
  await asked
}, 60_000)
