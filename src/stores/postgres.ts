import type { ClientConfig } from 'pg'
import type { Log } from '../core/runtime.ts'
import type { Store } from '../core/store.ts'
import { postgresChanges } from './postgres/changes.ts'
import { configOf, openConnections } from './postgres/connection.ts'
import { isOutage } from './postgres/errors.ts'
import { requireMoved } from './postgres/import.ts'
import { postgresLanes } from './postgres/lanes.ts'
import { migratePostgres, requireSchema } from './postgres/migrate.ts'
import { createNotices } from './postgres/notices.ts'
import { pauses } from './postgres/operators.ts'
import { postgresOutbox } from './postgres/outbox.ts'
import { postgresReads } from './postgres/reads.ts'

export { isOutage }

export interface PostgresStoreOptions {
  /** `postgres://user:password@host/database?sslmode=verify-full` */
  readonly url: string
  /** The same database with no pooler before it, by which others are heard of; `url` by default. */
  readonly directUrl?: string | undefined
  readonly log: Log
  /** Beside gateways that may be running: changes no schema. */
  readonly beside?: boolean
}

/** With the one that listens, twelve. What accepts must not wait for what delivers, nor that for what people read. */
const CONNECTIONS = { accepts: 1, work: 7, reads: 3 }

/** Whoever sends an event waits no longer for its answer: another connection may lead to a database that answers. */
const ACCEPT_MS = 4_000
/** However long a migration takes. */
const MIGRATE_MS = 60 * 60_000

/** The store in a Postgres database, for any number of gateways. Rejects where it cannot be entered, or is not ours. */
export async function openPostgresStore({
  url,
  directUrl,
  log,
  beside = false,
}: PostgresStoreOptions): Promise<Store> {
  const config = configOf(url)
  const accepts = openConnections(config, CONNECTIONS.accepts, ACCEPT_MS)
  const work = openConnections(config, CONNECTIONS.work)
  const reads = openConnections(config, CONNECTIONS.reads)
  const check = async () => {
    await requireMoved(work.query)
    await work.query('UPDATE lark_fanout.checked SET times = times + 1')
  }
  try {
    if (beside) await requireSchema(work.query)
    else await migrate(config, log)
    // A database that only reads has had nothing to refuse so far.
    await (beside ? requireMoved(work.query) : check())
  } catch (error) {
    await work.close()
    throw error
  }
  const way = { config: configOf(directUrl ?? url), isDirect: directUrl !== undefined }
  const notices = createNotices(work.query, way, log)
  const outbox = postgresOutbox(work.query, notices.tell, accepts.query)
  return {
    ...outbox,
    ...postgresReads(reads.query),
    ...postgresChanges(work, log),
    // Before it is known who is paused nothing is delivered.
    pauses: () => pauses(work.query),
    lanes: postgresLanes(work.query, notices.tell),
    watch: notices.listen,
    check,
    async close() {
      await outbox.idle()
      await notices.close()
      await Promise.all([accepts, work, reads].map((each) => each.close()))
    },
  }
}

async function migrate(config: ClientConfig, log: Log): Promise<void> {
  const patient = openConnections(config, 1, MIGRATE_MS)
  try {
    await migratePostgres(patient, { log })
  } finally {
    await patient.close()
  }
}
