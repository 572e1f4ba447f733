import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { DatabaseError } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageOf } from '../../src/core/errors.ts'
import { configOf, openConnections } from '../../src/stores/postgres/connection.ts'
import { explainError, isOutage } from '../../src/stores/postgres/errors.ts'
import { freePort, sharedPostgres } from '../postgres.ts'
import { pem, TLS_FOLDER } from '../secure-receiver.ts'

const PASSWORD = 'the-password-of-a-role'

interface Way {
  /** Of a database that superuser and others may enter. */
  readonly url: string
  /** Of a server whose certificate is made out to receiver.test. */
  readonly secure: string
}

/** Takes TLS, and says no more. */
const secureServer = createServer((socket) => {
  socket.once('data', () => {
    socket.write('S')
    const secured = new TLSSocket(socket, {
      isServer: true,
      cert: pem('receiver.pem'),
      key: pem('receiver.key'),
    })
    secured.on('error', () => socket.destroy())
  })
})

let way: Way
beforeAll(async () => {
  const { url, query } = await sharedPostgres()
  await query(`CREATE ROLE stranger LOGIN PASSWORD '${PASSWORD}'`)
  await query(`CREATE ROLE crowd LOGIN CONNECTION LIMIT 0 PASSWORD '${PASSWORD}'`)
  await query('CREATE SCHEMA theirs; CREATE TABLE theirs.events ()')
  const port = await freePort()
  await new Promise<void>((resolve) => secureServer.listen(port, '127.0.0.1', resolve))
  way = { url, secure: `postgres://me:${PASSWORD}@localhost:${port}/events?sslmode=verify-full` }
}, 60_000)
afterAll(async () => {
  secureServer.close()
  const { query } = await sharedPostgres()
  await query('DROP SCHEMA theirs CASCADE; DROP ROLE stranger, crowd')
})

const as = (user: string) => way.url.replace(/\/\/[^@]*@/, `//${user}@`)
const AUTHORITY = `${TLS_FOLDER}ca.pem`
const NOWHERE = join(tmpdir(), 'lark-fanout-there-is-no-such-file.pem')

test.each<[what: string, urlOf: () => string, advice: RegExp, sql?: string]>([
  ['no password', () => as('stranger'), /its URL has no password: postgres:/],
  ['a wrong password', () => as('stranger:no'), /refuses the password: see to its URL/],
  ['no such database', () => `${way.url}_not`, /no such database: create it/],
  [
    'no right to make a schema',
    () => as(`stranger:${PASSWORD}`),
    /GRANT CREATE ON DATABASE/,
    'CREATE SCHEMA mine',
  ],
  [
    'a schema that another role has made',
    () => as(`stranger:${PASSWORD}`),
    /enter as the role that the gateways use/,
    'SELECT FROM theirs.events',
  ],
  ['TLS that it does not speak', () => `${way.url}?sslmode=verify-full`, /take sslmode out/],
  ['an authority that nobody knows', () => way.secure, /in its URL, sslrootcert=/],
  [
    'a certificate for another host',
    () => `${way.secure}&sslrootcert=${AUTHORITY}`,
    /another host: let its URL name that one, or say sslmode=no-verify.*receiver\.test/,
  ],
  [
    'a file that is not there',
    () => `${way.url}?sslmode=verify-full&sslrootcert=${NOWHERE}`,
    /its URL names a file.* sslrootcert.*lark-fanout-there-is-no-such-file/,
  ],
  ['an unknown host', () => way.url.replace('127.0.0.1', 'db.invalid'), /no such host/],
  [
    'a database that only reads',
    () => `${way.url}?options=-c%20default_transaction_read_only%3Don`,
    /only reads: its URL must lead to the primary/,
    'CREATE SCHEMA mine',
  ],
])('%s: what is wrong, what to do, and no password', async (_, urlOf, advice, sql = 'SELECT') => {
  const error = await failureOf(urlOf(), sql)
  expect(messageOf(error)).toMatch(advice)
  expect(messageOf(error)).toMatch(/^Postgres at \S+:\d+\/\w+: /)
  expect(messageOf(error)).not.toContain(PASSWORD)
  expect(messageOf(error)).not.toContain('the-superusers-password')
  expect(isOutage(error)).toBe(false)
})

test.each<[what: string, urlOf: () => string | Promise<string>, advice: RegExp]>([
  [
    'nobody listens',
    async () => way.url.replace(/:\d+\//, `:${await freePort()}/`),
    /is it running, and is its URL right/,
  ],
  ['too many connections', () => as(`crowd:${PASSWORD}`), /raise max_connections/],
])('%s: that may pass', async (_, urlOf, advice) => {
  const error = await failureOf(await urlOf(), 'SELECT')
  expect(messageOf(error)).toMatch(advice)
  expect(isOutage(error)).toBe(true)
})

/** As pgbouncer 1.18 and a server with a full disk say it. */
test.each<[code: string, message: string, advice: RegExp, passes: boolean]>([
  ['XX000', 'could not write init file', /disk is full/, false],
  ['57P03', 'the database system is starting up', /starting up/, true],
  ['08P01', 'no more connections allowed (max_client_conn)', /max_client_conn/, true],
  [
    '08P01',
    'server login has been failing, try again later (server_login_retry)',
    /its log says why.*server_login_retry/,
    true,
  ],
  ['08P01', 'database "events" does not exist', /no such database: create it/, false],
])('%s %s', (code, message, advice, passes) => {
  const error = explainError(
    Object.assign(new DatabaseError(message, 0, 'error'), { code }),
    'db:5432/events',
  )
  expect(messageOf(error)).toMatch(advice)
  expect(isOutage(error)).toBe(passes)
})

async function failureOf(url: string, sql: string): Promise<unknown> {
  const { query, close } = openConnections(configOf(url), 1)
  const failure = await query(sql).catch((error: unknown) => error)
  await close()
  expect(failure).toBeInstanceOf(Error)
  return failure
}
