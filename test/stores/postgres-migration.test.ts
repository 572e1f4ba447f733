import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { postgresMigrations } from '../../src/stores/migrations/postgres.ts'
import { configOf, openConnections, type Query } from '../../src/stores/postgres/connection.ts'
import { migratePostgres } from '../../src/stores/postgres/migrate.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { recordingLog } from '../log.ts'
import { type Database, sharedPostgres } from '../postgres.ts'
import { acceptance, LEASE, MINUTE, T } from './samples.ts'

/** What a gateway of schema 1 asks of the database. */
function gatewayOfSchema1(query: Query) {
  return {
    accept: (raw: string, id: string) =>
      query(
        `SELECT * FROM lark_fanout.accept($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
           $7::text[], $8::text[], $9::text[], $10::integer[], $11::text[], $12::text[], $13::bigint[])`,
        [
          ...[[T], [T], [id], ['approval_cc'], ['cli_a'], ['tenant'], ['feishu'], [null], [raw]],
          ...[[1], ['lake'], [null], [null]],
        ],
      ),
    claim: () =>
      query('SELECT * FROM lark_fanout.claim($1, $2, $3, $4, $5)', ['lake', T, T + LEASE, 9, 9999]),
  }
}

const rawOf = (code: unknown) => JSON.stringify({ event: { instance_code: code, user_id: 'u1' } })

/** An instance_code of each kind, by its event's id. */
const CODES = { plain: 'code-1', nul: 'code \0', long: 'x'.repeat(9_000), number: 7 }

async function createSchema1(): Promise<Database> {
  const database = await (await sharedPostgres()).createDatabase()
  await database.query(
    `CREATE SCHEMA lark_fanout; CREATE TABLE lark_fanout.migrations (
       version integer PRIMARY KEY, tolerates integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
     ${postgresMigrations[0]?.sql};
     INSERT INTO lark_fanout.migrations (version, tolerates) VALUES (1, 1)`,
  )
  return database
}

describe('a database of schema 1', () => {
  let database: Database
  let store: Store
  const log = recordingLog()
  const connection = () => openConnections(configOf(database.url), 1)

  beforeAll(async () => {
    database = await createSchema1()
    const { query, close } = connection()
    const old = gatewayOfSchema1(query)
    for (const [id, code] of Object.entries(CODES)) await old.accept(rawOf(code), id)
    await old.accept('no JSON at all', 'odd')
    await close()
    store = await openPostgresStore({ url: database.url, log })
  })

  afterAll(async () => {
    await store.close()
    await database[Symbol.asyncDispose]()
  })

  const idsOf = async (q: string) => {
    const { items } = await store.events({ order: 'oldest first', limit: 9, q })
    return items.map(({ event }) => event.id)
  }

  const indexed = () =>
    database.query('SELECT id FROM lark_fanout.events WHERE instance_code IS NOT NULL')

  test('is searched at once; by and by its codes are filled in, and found by their index', async () => {
    const findAll = async () => {
      expect(await idsOf('code-1')).toEqual(['plain'])
      expect(await idsOf('code \0')).toEqual(['nul'])
      expect(await idsOf('x'.repeat(9_000))).toEqual(['long'])
      expect(await idsOf('7')).toEqual([])
    }
    await database.query(`DELETE FROM lark_fanout.events WHERE id = 'odd'`)
    await findAll()
    expect(await indexed()).toEqual([])
    await using held = await hold(database, 'SELECT * FROM lark_fanout.events FOR UPDATE')
    await pruneAll(store)
    expect(await database.query('SELECT after FROM lark_fanout.unfilled')).toEqual([{ after: '0' }])
    await held.release()
    log.lines.length = 0
    await pruneAll(store)
    expect(log.lines).toEqual([
      expect.stringMatching(/^info filling in the instance_code /),
      expect.stringMatching(/^info all stored events can be found by /),
    ])
    expect(await indexed()).toEqual([{ id: 'plain' }, { id: 'long' }])
    expect(await database.query('SELECT * FROM lark_fanout.unfilled')).toEqual([])
    await findAll()
  })

  test('a gateway of the version before this one runs on beside it', async () => {
    const { query, close } = connection()
    const old = gatewayOfSchema1(query)
    await old.accept(rawOf('code-2'), 'of the old one')
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const one = acceptance('of the new one', { data: { instance_code: 'code-2' } })
    await store.accept([{ ...one, event: { ...one.event, trace } }], T)
    expect(await idsOf('code-2')).toEqual(['of the old one', 'of the new one'])
    expect((await old.claim()).map(({ id }) => id)).toContain('of the new one')
    const claimed = await store.claim({ sink: 'lake', now: T + LEASE, leaseMs: LEASE, limit: 9 })
    const ofTwo = claimed.filter(({ event }) => event.data.instance_code === 'code-2')
    expect(ofTwo.map(({ event }) => event.trace)).toEqual([undefined, trace])
    await close()
  })
})

/** Does something in a transaction that goes on. */
async function hold(database: Database, sql: string) {
  const client = new pg.Client({ connectionString: database.url, application_name: 'pg_dump' })
  await client.connect()
  await client.query(`BEGIN; ${sql}`)
  return {
    release: () => client.query('COMMIT'),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

test('while a backup holds the tables, a migration waits without the gateways waiting for it', async () => {
  await using database = await createSchema1()
  await using held = await hold(database, 'SELECT FROM lark_fanout.events')
  const log = recordingLog()
  const [migrating, serving] = [1, 2].map(() => openConnections(configOf(database.url), 1))
  if (!migrating || !serving) throw new Error('there are two')
  const migrated = migratePostgres(migrating, { log, pauseMs: 100 })
  await expect.poll(() => log.lines, { timeout: 20_000 }).toHaveLength(1)
  expect(log.lines[0]).toMatch(
    /^warn the schema can be migrated once .*: process \d+ of postgres pg_dump /,
  )
  for (const id of ['e1', 'e2', 'e3']) await gatewayOfSchema1(serving.query).accept('{}', id)
  await held.release()
  await migrated
  expect(await database.query('SELECT max(version) AS at FROM lark_fanout.migrations')).toEqual([
    { at: postgresMigrations.length },
  ])
  for (const { close } of [migrating, serving]) await close()
})

test('what is accepted while it migrates has its code filled in, too', async () => {
  await using database = await createSchema1()
  await using held = await hold(
    database,
    `INSERT INTO lark_fanout.events (seq, time, accepted_at, id, type, app_id, tenant_key, via, raw)
     VALUES (7, 1, 1, 'e7', '', '', '', '', '{}')`,
  )
  const migrating = openConnections(configOf(database.url), 1)
  const migrated = migratePostgres(migrating, { pauseMs: 100 })
  const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'lark_fanout.events'::regclass`
  await expect
    .poll(() => database.query(waiting), { interval: 20, timeout: 20_000 })
    .toHaveLength(1)
  await held.release()
  await migrated
  expect(await database.query('SELECT until FROM lark_fanout.unfilled')).toEqual([{ until: '7' }])
  await migrating.close()
})

test('codes of large events are filled in a few at a time, that no step takes long', async () => {
  await using database = await createSchema1()
  await database.query(
    `INSERT INTO lark_fanout.events (seq, time, accepted_at, id, type, app_id, tenant_key, via, raw)
     SELECT n, 1, 1, n, '', '', '', '',
       concat('{"event": {"instance_code": "I', n, '", "form": "', repeat('x', 5000000), '"}}')
     FROM generate_series(1, 3) n`,
  )
  const { query, transaction, close } = openConnections(configOf(database.url), 1)
  await migratePostgres({ query, transaction })
  const filled = `SELECT string_agg(instance_code, ' ' ORDER BY seq) AS codes FROM lark_fanout.events`
  const step = async () => {
    const [done] = await query('SELECT busy, next FROM lark_fanout.fill_instances(200)')
    const [row] = await query(filled)
    return [done?.busy, done?.next, row?.codes]
  }
  expect(await step()).toEqual([false, 1, 'I1'])
  expect(await step()).toEqual([false, 2, 'I1 I2'])
  expect(await step()).toEqual([false, null, 'I1 I2 I3'])
  expect(await step()).toEqual([false, null, 'I1 I2 I3'])
  await close()
})

/** All steps to the end, with nothing so old that it goes. */
async function pruneAll(store: Store): Promise<void> {
  const before = T - MINUTE
  const query = { deliveredBefore: before, deadBefore: before, identitiesBefore: before }
  let cursor: string | undefined
  do {
    const { next } = await store.prune({ ...query, auditBefore: before, limit: 2, cursor })
    cursor = next ?? undefined
  } while (cursor !== undefined)
}
