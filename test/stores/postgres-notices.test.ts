import { afterAll, afterEach, expect, test } from 'vitest'
import { configOf, openConnections, type Query } from '../../src/stores/postgres/connection.ts'
import { createNotices, type Notices } from '../../src/stores/postgres/notices.ts'
import { recordingLog } from '../log.ts'
import { sharedPostgres } from '../postgres.ts'

const server = await sharedPostgres()
const database = await server.createDatabase()
const { query, close } = openConnections(configOf(database.url), 2)
afterAll(async () => {
  await close()
  await database[Symbol.asyncDispose]()
})

const opened: Notices[] = []
afterEach(async () => {
  for (const notices of opened.splice(0)) await notices.close()
})

const WAITS = { retryMs: 10, deafRetryMs: 10 }

interface Options {
  readonly url?: string
  readonly isDirect?: boolean
  /** Where it is short, a slow machine needs more than one. */
  readonly hearingMs?: number
}

function open(send: Query, { url = database.url, isDirect = true, hearingMs = 60_000 }: Options) {
  const log = recordingLog()
  const way = { config: configOf(url), isDirect }
  const notices = createNotices(send, way, log, { hearingMs, ...WAITS })
  opened.push(notices)
  return { log, notices }
}

/** Listens, beside another gateway that has something to tell. */
function openListener(send: Query, options: Options = {}) {
  const { log, notices } = open(send, options)
  const { notices: other } = open(query, {})
  const heard = new Set<string>()
  notices.listen((sink) => heard.add(sink))
  return {
    log,
    async hears() {
      const tellAndLook = () => {
        other.tell(['lake'])
        return heard.has('lake')
      }
      await expect.poll(tellAndLook).toBe(true)
    },
  }
}

/** Sends nothing until it is let. */
function heldQuery() {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const { promise: gone, resolve: go } = Promise.withResolvers<void>()
  const send: Query = async (sql, values) => {
    ask()
    await gone
    return query(sql, values)
  }
  return { send, asked, go }
}

/** What is sent comes nowhere. */
const lose: Query = async () => []

const AT_ONCE = 'info gateways hear of each other at once now {}'

test('a greeting that waits for a connection is waited for', async () => {
  const { send, asked, go } = heldQuery()
  const held = openListener(send, { hearingMs: 200 })
  await asked
  const deaf = openListener(lose, { hearingMs: 200 })
  await expect.poll(() => deaf.log.lines.length).toBe(1)
  expect(held.log.lines).toEqual([])
  go()
  await held.hears()
})

test.each([
  {
    isDirect: true,
    said: /^warn DATABASE_DIRECT_URL brings no notifications: does it lead to the same database/,
  },
  { isDirect: false, said: /^info a pooler keeps notifications back/ },
])('silence is said once, and not for ever: %o', async ({ isDirect, said }) => {
  let sent = 0
  const { log, hears } = openListener(
    (sql, values) => (sent++ < 2 ? lose(sql) : query(sql, values)),
    { isDirect, hearingMs: 200 },
  )
  await hears()
  await expect.poll(() => log.lines).toEqual([expect.stringMatching(said), AT_ONCE])
})

test('a connection that is lost before the greeting comes back is opened anew', async () => {
  const { send, asked, go } = heldQuery()
  const { hears } = openListener(send)
  await asked
  const ended = await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`,
  )
  expect(ended).toHaveLength(1)
  go()
  await hears()
})

test('a DATABASE_DIRECT_URL that is wrong is named once, and once more when it works', async () => {
  await server.query(`CREATE ROLE listening LOGIN PASSWORD 'another'`)
  const url = database.url.replace(/\/\/[^@]*@/, '//listening:the-password@')
  const { log, hears } = openListener(query, { url })
  await expect.poll(() => log.lines.length).toBe(1)
  await server.query(`ALTER ROLE listening PASSWORD 'the-password'`)
  await hears()
  const wrong = /^warn cannot listen by DATABASE_DIRECT_URL.*refuses the password/
  await expect.poll(() => log.lines).toEqual([expect.stringMatching(wrong), AT_ONCE])
  expect(log.lines.join()).not.toContain('the-password')
  await server.query('DROP ROLE listening')
})
