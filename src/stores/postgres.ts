import type { Outbox } from '../core/outbox.ts'
import type { Log } from '../core/runtime.ts'
import type { Store } from '../core/store.ts'
import { postgresChanges } from './postgres/changes.ts'
import { configOf, openConnections } from './postgres/connection.ts'
import { requireMoved } from './postgres/import.ts'
import { postgresLanes } from './postgres/lanes.ts'
import { migratePostgres, requireSchema } from './postgres/migrate.ts'
import { createNotices, type Notices } from './postgres/notices.ts'
import { type PostgresOutbox, postgresOutbox } from './postgres/outbox.ts'
import { postgresReads } from './postgres/reads.ts'

export interface PostgresStoreOptions {
  /** `postgres://user:password@host/database?sslmode=verify-full` */
  readonly url: string
  /** The same database with no pooler before it, by which others are heard of; `url` by default. */
  readonly directUrl?: string | undefined
  readonly log: Log
  /** Beside gateways that may be running: changes no schema. */
  readonly beside?: boolean
}

/** What accepts and delivers must not wait for what people read. */
const CONNECTIONS = { work: 8, reads: 3 }

/** The store in a Postgres database, for any number of gateways. Rejects where it cannot be entered, or is not ours. */
export async function openPostgresStore({
  url,
  directUrl = url,
  log,
  beside = false,
}: PostgresStoreOptions): Promise<Store> {
  const config = configOf(url)
  const work = openConnections(config, CONNECTIONS.work)
  const reads = openConnections(config, CONNECTIONS.reads)
  try {
    if (beside) await requireSchema(work.query)
    else await migratePostgres(work)
    await requireMoved(work.query)
  } catch (error) {
    await work.close()
    throw error
  }
  const notices = createNotices(work.query, configOf(directUrl), log)
  const outbox = postgresOutbox(work.query)
  const changes = postgresChanges(work)
  return {
    ...telling(outbox, notices),
    ...postgresReads(reads.query),
    ...changes,
    lanes: postgresLanes(work.query, notices.tell),
    watch: notices.listen,
    async check() {
      await work.query('UPDATE lark_fanout.checked SET times = times + 1')
    },
    async close() {
      await outbox.idle()
      await notices.close()
      await Promise.all([work.close(), reads.close()])
    },
  }
}

/** Whatever nobody was given at once may be for another gateway. */
function telling(outbox: PostgresOutbox, notices: Notices): Outbox {
  return {
    ...outbox,
    async accept(batch, now) {
      const accepted = await outbox.accept(batch, now)
      const left = new Set<string>()
      for (const [i, { owed }] of batch.entries()) {
        const granted = accepted[i]?.granted ?? []
        if (accepted[i]?.duplicate !== false || granted.length === owed.length) continue
        for (const { sink } of owed) if (!granted.some((one) => one.sink === sink)) left.add(sink)
      }
      if (left.size > 0) notices.tell(left)
      return accepted
    },
  }
}
