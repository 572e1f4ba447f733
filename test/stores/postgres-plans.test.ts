import { expect, test } from 'vitest'
import type { Outbox } from '../../src/core/outbox.ts'
import { configOf, openConnections, type Query } from '../../src/stores/postgres/connection.ts'
import { postgresOutbox } from '../../src/stores/postgres/outbox.ts'
import { postgresReads } from '../../src/stores/postgres/reads.ts'
import { sharedPostgres } from '../postgres.ts'
import { createMigrated } from './postgres-stores.ts'
import { acceptance, LEASE, settlement, T } from './samples.ts'

const ROWS = 2_000
const ordered = (id: string) =>
  acceptance(id, { owed: [{ orderKey: `key of ${id}`, claimMs: LEASE }, 'hr'] })

const LITTLE = [acceptance('without a key', { owed: ['lake', 'hr'] })]

/** The planner takes the tables for empty, as in the first minute of any burst; or for what they were long ago. */
test.each([
  ['without statistics', [], ''],
  ['with statistics of an empty store', [], 'ANALYZE'],
  ['with statistics of a store without keys', LITTLE, 'ANALYZE'],
])('no step of the hot path reads what it does not want, %s', async (_, before, analyze) => {
  await using database = await createMigrated(await sharedPostgres())
  const { query, transaction, close } = openConnections(configOf(database.url), 1)
  await postgresOutbox(query).accept(before, T)
  await query(analyze)
  const ids = Array.from({ length: ROWS }, (_, i) => `e${i}`)
  await postgresOutbox(query).accept(ids.map(ordered), T)

  const rowsReadBy = (step: (outbox: Outbox, inside: Query) => Promise<unknown>) =>
    transaction(async (inside) => {
      await step(postgresOutbox(inside), inside)
      const [row] = await inside(
        `SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS rows
         FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'`,
      )
      return Number(row?.rows)
    })

  expect(await rowsReadBy((outbox) => outbox.accept([ordered('one more')], T))).toBeLessThan(20)
  expect(await rowsReadBy((outbox) => outbox.nextDueAt('lake'))).toBeLessThan(20)
  const wanted = { sink: 'lake', now: T + LEASE, leaseMs: LEASE, limit: 1 }
  expect(await rowsReadBy((outbox) => outbox.claim(wanted))).toBeLessThan(20)
  const [held] = await postgresOutbox(query).claim({ ...wanted, sink: 'hr' })
  if (!held) throw new Error('one was due')
  expect(await rowsReadBy((outbox) => outbox.settle([settlement(held)]))).toBeLessThan(20)
  const given = (await postgresOutbox(query).claim(wanted)).map((one) => ({ ...one, dueAt: T }))
  expect(await rowsReadBy((outbox) => outbox.release(given))).toBeLessThan(20)
  // And what people read. What the steps before have read may count in.
  const refs = Array.from({ length: 100 }, (_, i) => String(1_000 + i))
  expect(await rowsReadBy((_, inside) => postgresReads(inside).outcomes(refs))).toBeLessThan(400)
  await close()
})
