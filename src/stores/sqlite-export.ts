import type { DatabaseSync } from 'node:sqlite'
import { sqliteMigrations } from './migrations/sqlite.ts'
import { INSTANCE_CODE } from './migrations/sqlite-3-search.ts'
import { type Contents, KINDS, type Kind, type MoveSource, type Row } from './move.ts'
import { EVENT } from './sqlite/events.ts'
import { explainError } from './sqlite-errors.ts'
import { openFile, realFile } from './sqlite-file.ts'
import { lockFile } from './sqlite-lock.ts'

export interface SqliteExport extends MoveSource {
  close(): void
}

/**
 * The store in a SQLite file, to be moved into another: only read, and held so that until it is closed no gateway
 * serves it and no command changes it. `now`, in Unix milliseconds, is when leases end. Throws where the file is not
 * there, not ours, of a newer version, or held by another process.
 */
export function openSqliteExport(name: string, now = Date.now()): SqliteExport {
  const file = realFile(name)
  try {
    return hold(file, now)
  } catch (error) {
    throw explainError(error, file)
  }
}

function hold(file: string, now: number): SqliteExport {
  const opened: (() => void)[] = []
  // The database first: whoever gets the lock finds it free.
  const close = () => {
    for (const undo of opened.splice(0)) undo()
  }
  try {
    const db = openFile(file, 'move')
    opened.push(() => db.close())
    opened.push(lockFile(file).release)
    db.exec('BEGIN IMMEDIATE')
    bringUpToDate(db)
    return {
      contents: contentsOf(db),
      rows: (kind, skip) => rowsOf(db, kind, skip, now),
      sinks: [...db.prepare('SELECT sink FROM tallies').iterate()].map(({ sink }) => String(sink)),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

/** In the transaction that is never committed: the file stays as it is. */
function bringUpToDate(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  for (const migration of sqliteMigrations.slice(version)) db.exec(migration)
}

interface Selection {
  readonly columns?: string
  readonly from: string
  readonly order: string
  /** Changes with whatever a gateway does. */
  readonly sum: string
}

/**
 * No lease outlives the gateway that held it. Without leases, the head of an order key is its earliest: two looks into
 * the index, for those that are behind and for the one that is not.
 */
const UNLEASED = `seq, event, accepted_at, claim, unsettled, attempts, sink, order_key, 0 AS leased,
  CASE WHEN leased = 1 THEN min(due_at, $now) ELSE due_at END AS due_at,
  order_key IS NOT NULL AND seq > min(
    (SELECT ifnull(min(seq), d.seq) FROM deliveries
     WHERE sink = d.sink AND order_key = d.order_key AND state = 'pending' AND behind = 0),
    (SELECT ifnull(min(seq), d.seq) FROM deliveries
     WHERE sink = d.sink AND order_key = d.order_key AND state = 'pending' AND behind = 1)
  ) AS behind`

const SELECTIONS: Readonly<Record<Kind, Selection>> = {
  events: {
    columns: `${EVENT}, ${INSTANCE_CODE} AS instance_code`,
    from: 'events',
    order: 'seq',
    sum: 'seq + (problems IS NULL)',
  },
  identities: {
    columns: 'ifnull(event, 0) AS event, accepted_at, id, app_id, tenant_key',
    from: 'identities AS i',
    order: 'i.event, i.app_id, i.tenant_key, i.id',
    sum: 'ifnull(event, 0)',
  },
  pending: {
    columns: UNLEASED,
    from: `deliveries AS d NOT INDEXED WHERE state = 'pending'`,
    order: 'seq',
    sum: 'seq + claim + attempts',
  },
  delivered: {
    columns: '*, 0 AS dead',
    from: `deliveries NOT INDEXED WHERE state = 'delivered'`,
    order: 'seq',
    sum: 'seq + claim',
  },
  dead: {
    columns: '*, 1 AS dead',
    from: `deliveries NOT INDEXED WHERE state = 'dead'`,
    order: 'seq',
    sum: 'seq + claim',
  },
  attempts: { from: 'attempts', order: 'seq', sum: 'delivery + n' },
  pauses: { from: 'pauses', order: 'sink, paused_by', sum: 'at' },
  audit: { from: 'audit', order: 'seq', sum: 'seq + (outcome IS NOT NULL)' },
}

function rowsOf(db: DatabaseSync, kind: Kind, skip: number, now: number): Iterable<Row> {
  const { columns = '*', from, order } = SELECTIONS[kind]
  const sql = `SELECT ${columns} FROM ${from} ORDER BY ${order} LIMIT -1 OFFSET $skip`
  return db.prepare(sql).iterate({ $skip: skip, ...(sql.includes('$now') && { $now: now }) })
}

function contentsOf(db: DatabaseSync): Contents {
  const measures = KINDS.map((kind) => {
    const { from, sum } = SELECTIONS[kind]
    const sql = `SELECT count(*) AS count, CAST(ifnull(sum(${sum}), 0) AS TEXT) AS sum FROM ${from}`
    const row = db.prepare(sql).get()
    return { kind, count: Number(row?.count), sum: String(row?.sum) }
  })
  return { measures, last: lastOf(db) }
}

/** SQLite itself remembers the last number of each AUTOINCREMENT. */
function lastOf(db: DatabaseSync): Contents['last'] {
  const row = db
    .prepare(
      `SELECT max(
         (SELECT ifnull(max(seq), 0) FROM events), (SELECT ifnull(max(event), 0) FROM identities)
       ) AS event,
       (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'deliveries') AS delivery,
       (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit') AS audit`,
    )
    .get()
  const number = (name: string) => Number(row?.[name])
  return { event: number('event'), delivery: number('delivery'), audit: number('audit') }
}
