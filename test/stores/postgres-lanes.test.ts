import { afterAll, expect, test } from 'vitest'
import { lanes } from '../../src/stores/migrations/postgres-1/lanes.ts'
import { configOf, openConnections } from '../../src/stores/postgres/connection.ts'
import { postgresLanes } from '../../src/stores/postgres/lanes.ts'
import { sharedPostgres } from '../postgres.ts'
import { lanesLaws } from '../suites/lanes.ts'

const database = await (await sharedPostgres()).createDatabase()
const { query, transaction, close } = openConnections(configOf(database.url), 4)
await query(`CREATE SCHEMA lark_fanout; ${lanes}`)
afterAll(async () => {
  await close()
  await database[Symbol.asyncDispose]()
})

const told: string[] = []

async function open() {
  await query('TRUNCATE lark_fanout.lanes, lark_fanout.breakers')
  told.splice(0)
  return postgresLanes(query, (sinks) => told.push(...sinks))
}

lanesLaws('Postgres', open)

test('others are told of an opening and of a closing, and of nothing else', async () => {
  const { report } = await open()
  const about = { sink: 'a \u0000', mark: 'options', limit: 2, cooldownMs: 1000, now: 1 }
  await report({ ...about, succeeded: false, failures: 1, seen: null })
  await report({ ...about, succeeded: true, failures: 0, seen: null })
  expect(told).toEqual([])
  await report({ ...about, succeeded: false, failures: 2, seen: null })
  expect(told).toEqual(['a \u0000'])
  await report({ ...about, succeeded: false, failures: 0, seen: 1001 })
  expect(told).toHaveLength(1)
  await report({ ...about, succeeded: true, failures: 0, seen: 1001 })
  expect(told).toHaveLength(2)
})

test.each([
  ['100/s is not waited for on disk', 10, 'off'],
  ['1/h outlives a crash', 3_600_000, 'on'],
])('a slot of %s', async (_, intervalMs, written) => {
  const [row] = await transaction(async (query) => {
    await query('SET LOCAL synchronous_commit = on')
    const { slots } = postgresLanes(query, () => {})
    await slots({ sink: 'a', intervalMs, want: 1, until: 500, now: 0 })
    return query('SHOW synchronous_commit')
  })
  expect(row).toEqual({ synchronous_commit: written })
})
