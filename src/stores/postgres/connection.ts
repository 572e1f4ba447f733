import { Client, type ClientConfig, Pool, types } from 'pg'
import { explainError, isPassing } from './errors.ts'
import { fromText, toText } from './text.ts'

export type Row = Readonly<Record<string, unknown>>

/**
 * One statement, in a transaction of its own. Texts of any kind go in and come out, also in lists. A bigint comes as a
 * number: ours stay below 2^53.
 */
export type Query = (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>

export interface Connections {
  readonly query: Query
  /** Commits when `work` resolves; when it rejects, nothing has changed. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /** What was asked before is answered first. */
  close(): Promise<void>
}

/** Longer than any statement takes that is not waiting for something: then the connection is given up. */
const STATEMENT_MS = 10_000
const CONNECT_MS = 2_000
const KEEP_ALIVE_MS = 30_000

/** Not among those that pg has names for. */
const TEXT_LIST: number = 1009

/** How those types are read that come otherwise than pg would give them. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [types.builtins.INT8]: Number,
  [types.builtins.TEXT]: fromText,
  [TEXT_LIST]: (text) => types.getTypeParser(TEXT_LIST, 'text')(text).map(readText),
}

/** A list may have nulls. */
function readText(text: string | null): string | null {
  return text === null ? null : fromText(text)
}

function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written)
  return typeof value === 'string' ? toText(value) : value
}

/** Where the database is, and how it is entered. The files that the URL names are read anew by each connection. */
export function configOf(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'lark-fanout',
    keepAlive: true,
    // Whoever only listens hears in no other way that the far end is gone; the system's own delay is two hours.
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    connectionTimeoutMillis: CONNECT_MS,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        PARSERS[oid] ?? types.getTypeParser(oid, format),
    },
  }
}

/** For people, without what is secret: `db.example.com:5432/approvals`. */
export function whereIs({ connectionString = '' }: ClientConfig): string {
  const url = new URL(connectionString)
  // The client would read the files that they name.
  for (const name of [...url.searchParams.keys()]) {
    if (name.startsWith('ssl')) url.searchParams.delete(name)
  }
  const { host, port, database } = new Client({ connectionString: url.href })
  return `${host}:${port}/${database ?? ''}`
}

/**
 * At most `max` connections, opened as they are needed: nothing is asked of the database yet. `patienceMs` is longer
 * for those whose transactions set the server's own limit aside.
 */
export function openConnections(
  config: ClientConfig,
  max: number,
  patienceMs = STATEMENT_MS + 1_000,
): Connections {
  const where = whereIs(config)
  // The client's own limit is for a network that has gone silent, in which no server says anything.
  const pool = new Pool({ ...config, max, query_timeout: patienceMs, onConnect: limit })
  // One that breaks while nobody uses it is replaced when it is needed.
  pool.on('error', () => {})

  async function attempt<T>(work: () => Promise<T>, tries = 3): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (tries > 1 && isPassing(error)) return attempt(work, tries - 1)
      throw explainError(error, where)
    }
  }
  let closed: Promise<void> | undefined
  return {
    query: (sql, values = []) =>
      attempt(async () => (await pool.query(sql, values.map(written))).rows),
    transaction: (work) => attempt(() => transact(pool, work)),
    close() {
      closed ??= pool.end()
      return closed
    },
  }
}

/**
 * A pooler may give another server connection the settings: they are what all of ours want. No statement is so much work
 * that compiling it (`jit`) pays: where the planner believes so, a page that takes 5 ms takes 0.5 s.
 */
async function limit(client: { query(sql: string): Promise<unknown> }): Promise<void> {
  await client.query(
    `SET statement_timeout = ${STATEMENT_MS}; SET jit = off;
     SET default_transaction_isolation = 'read committed'`,
  )
}

async function transact<T>(pool: Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let failed: Error | undefined
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
    const result = await work(
      async (sql, values = []) => (await client.query(sql, values.map(written))).rows,
    )
    await client.query('COMMIT')
    return result
  } catch (error) {
    failed = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    // A connection that is thrown away takes its transaction with it.
    client.release(failed)
  }
}
