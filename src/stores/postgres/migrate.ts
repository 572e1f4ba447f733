import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../core/runtime.ts'
import { postgresMigrations } from '../migrations/postgres.ts'
import type { Connections, Query } from './connection.ts'
import { isLocked } from './errors.ts'

/** Gateways that start at once wait for each other. */
const MIGRATING = 27751

/**
 * Whoever asks for a table after us waits for us, too: less than whoever sends an event waits for its answer. And longer
 * than `deadlock_timeout`, at which autovacuum makes room.
 */
const LOCK_MS = 1_500
const PAUSE_MS = 10_000
/** However long a backup takes. */
const PATIENCE_MS = 60 * 60_000

export interface MigrateOptions {
  readonly log?: Pick<Log, 'info' | 'warn'> | undefined
  /** How long it keeps away from a table that somebody else holds on to. */
  readonly pauseMs?: number
}

/**
 * Brings the schema to this version, in one transaction. One that is newer is left as it is, where it tolerates us. Those
 * who use it meanwhile wait for a moment at the most while it waits for others, as a backup.
 */
export async function migratePostgres(
  { query, transaction }: Pick<Connections, 'query' | 'transaction'>,
  { log, pauseMs = PAUSE_MS }: MigrateOptions = {},
): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  let told: string | undefined
  for (;;) {
    try {
      return await transaction((query) => migrate(query, log))
    } catch (error) {
      if (!isLocked(error) || performance.now() >= until) throw error
    }
    const waiting = `${WAITING}: ${await holdersOf(query)}`
    if (waiting !== told) log?.warn({}, waiting)
    told = waiting
    await sleep(pauseMs)
  }
}

const WAITING = 'the schema can be migrated once these are done with it, as a backup may be'

async function migrate(query: Query, log: MigrateOptions['log']): Promise<void> {
  await query('SET LOCAL statement_timeout = 0')
  const [lock] = await query('SELECT pg_try_advisory_xact_lock($1) AS taken', [MIGRATING])
  if (lock?.taken !== true) {
    log?.info({}, 'another gateway is at work on the schema: waiting for it')
    await query('SELECT pg_advisory_xact_lock($1)', [MIGRATING])
  }
  await query(`SET LOCAL lock_timeout = ${LOCK_MS}`)
  if (!(await hasSchema(query))) await makeSchema(query)
  await requireOwner(query)
  const version = await versionOf(query, postgresMigrations.length)
  for (const [i, { sql, tolerates }] of postgresMigrations.entries()) {
    if (i < version) continue
    await query(sql)
    await query('INSERT INTO lark_fanout.migrations (version, tolerates) VALUES ($1, $2)', [
      i + 1,
      tolerates,
    ])
  }
}

/** Who has been at a table of ours for longer than gateways are. Since when, others' roles do not tell. */
async function holdersOf(query: Query): Promise<string> {
  const rows = await query(
    `SELECT DISTINCT concat_ws(' ', 'process', a.pid, 'of', a.usename, nullif(a.application_name, '')) AS name
     FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE c.relnamespace = to_regnamespace('lark_fanout') AND a.datname = current_database() AND l.granted
       AND a.pid <> pg_backend_pid() AND (a.xact_start > now() - interval '1 second') IS NOT TRUE
     ORDER BY name`,
  )
  return rows.map(({ name }) => String(name)).join(', ') || 'nobody any more'
}

/** For whoever must not change the schema. Throws where it is not there, or not ours to use. */
export async function requireSchema(query: Query): Promise<void> {
  if (!(await hasSchema(query))) {
    throw new Error(
      'the database has no schema lark_fanout: start the gateway first, or see to DATABASE_URL',
    )
  }
  await requireOwner(query)
  const version = await versionOf(query, postgresMigrations.length)
  if (version < postgresMigrations.length) {
    throw new Error(
      `the database has the schema of an older lark-fanout (${version}): start the gateway first`,
    )
  }
}

/** Partitions come and go, which is for their owner alone to do. */
async function requireOwner(query: Query): Promise<void> {
  const [row] = await query(
    `SELECT pg_has_role(nspowner, 'USAGE') AS owns, pg_get_userbyid(nspowner) AS owner
     FROM pg_namespace WHERE nspname = 'lark_fanout'`,
  )
  if (row?.owns === true) return
  throw new Error(
    `the schema lark_fanout belongs to the role ${row?.owner}: enter as that one, or as a member of it (GRANT ${row?.owner} TO …)`,
  )
}

async function makeSchema(query: Query): Promise<void> {
  const [row] = await query('SHOW server_encoding')
  if (row?.server_encoding !== 'UTF8') {
    throw new Error(
      `the database keeps texts as ${row?.server_encoding}, which has no Chinese: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    )
  }
  await query(SCHEMA)
}

const SCHEMA = `
CREATE SCHEMA lark_fanout;
CREATE TABLE lark_fanout.migrations (
  version   integer PRIMARY KEY,
  tolerates integer NOT NULL,      -- the oldest schema whose gateways may still use this one
  at        timestamptz NOT NULL DEFAULT now()
)`

async function hasSchema(query: Query): Promise<boolean> {
  const [row] = await query(`SELECT to_regclass('lark_fanout.migrations') AS name`)
  return row?.name !== null
}

async function versionOf(query: Query, known: number): Promise<number> {
  const [last] = await query(
    'SELECT version, tolerates FROM lark_fanout.migrations ORDER BY version DESC LIMIT 1',
  )
  const version = Number(last?.version ?? 0)
  if (version > known && Number(last?.tolerates) > known) {
    throw new Error(
      `the database was migrated by a newer lark-fanout (schema ${version}, this one knows ${known}): start that version`,
    )
  }
  return version
}
