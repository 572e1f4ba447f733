import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { postgresMigrations } from '../../src/stores/migrations/postgres.ts'
import { configOf, openConnections, type Query } from '../../src/stores/postgres/connection.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { silentLog } from '../log.ts'
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

describe('a database of schema 1', () => {
  let database: Database
  let store: Store
  const connection = () => openConnections(configOf(database.url), 1)

  beforeAll(async () => {
    database = await (await sharedPostgres()).createDatabase()
    await database.query(
      `CREATE SCHEMA lark_fanout; CREATE TABLE lark_fanout.migrations (
         version integer PRIMARY KEY, tolerates integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
       ${postgresMigrations[0]?.sql};
       INSERT INTO lark_fanout.migrations (version, tolerates) VALUES (1, 1)`,
    )
    const { query, close } = connection()
    const old = gatewayOfSchema1(query)
    for (const [id, code] of Object.entries(CODES)) await old.accept(rawOf(code), id)
    await old.accept('no JSON at all', 'odd')
    await close()
    store = await openPostgresStore({ url: database.url, log: silentLog })
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
    await pruneAll(store)
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
