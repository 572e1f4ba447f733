import pg from 'pg'
import { expect } from 'vitest'
import type { Database } from './postgres.ts'

/** Keeps everybody from writing to a table, so that they can be met in the middle. */
export async function holdTable(database: Database, table: string) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`BEGIN; LOCK TABLE ${table} IN SHARE MODE`)
  return {
    /** Resolves when somebody waits for it. */
    async waitedFor() {
      const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = '${table}'::regclass`
      await expect.poll(() => database.query(waiting)).toHaveLength(1)
    },
    async release() {
      await client.query('COMMIT')
    },
    async [Symbol.asyncDispose]() {
      await client.end()
    },
  }
}
