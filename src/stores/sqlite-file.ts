import { closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { refuseNewer, sqliteMigrations } from './migrations/sqlite.ts'
import { searchIndex } from './migrations/sqlite-3-search.ts'
import type { SqliteDriver } from './sqlite/driver.ts'
import { faultOf, isFull } from './sqlite-errors.ts'

/** `serve` makes and migrates the file; the others want it there. */
export type FileMode = 'serve' | 'beside' | 'read' | 'move'

/** The oldest schema that will do. */
const OLDEST: Readonly<Record<FileMode, number>> = {
  serve: 0,
  beside: sqliteMigrations.length,
  read: sqliteMigrations.length,
  move: 1,
}

/** 'lark' in ASCII: tells our files from those of other programs. */
const APPLICATION_ID = 0x6c61726b

/** How long to wait for another process that is writing: Feishu itself waits 3 s for an answer. */
const BUSY_MS = 2000

/** The file itself, whatever links lead to it: it is this that one process holds. */
export function realFile(name: string): string {
  const links = [name, dirname(name)].find((each) => existsSync(each))
  if (links === undefined) return name
  return links === name ? realpathSync(name) : join(realpathSync(links), basename(name))
}

/** Throws where the file is not a database, not ours, or of another version. Changes nothing of a foreign file. */
export function openFile(file: string, mode: FileMode): DatabaseSync {
  if (mode !== 'serve' && !statSync(file, { throwIfNoEntry: false })) {
    throw new Error(`${file} does not exist: start the gateway first, or name the right file`)
  }
  // What is in it is the company's own affair; SQLite gives the files beside it the same mode.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file, { timeout: BUSY_MS, readOnly: mode === 'read' })
  try {
    const version = versionOf(db, file)
    if (mode !== 'read') setUp(db, version)
    if (version < OLDEST[mode]) throw new Error(`${file} ${OUTDATED}`)
    if (mode === 'serve') migrate(db, version, file)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

const OUTDATED =
  'was written by an older lark-fanout: start the gateway once to bring it up to date'

/**
 * A folder named by a relative path (`./data`) is made. An absolute one has to be there: where it is missing, a volume
 * is not mounted, and what would be written in its place would be lost.
 */
export function makeFolder(file: string): void {
  const folder = dirname(file)
  if (!isAbsolute(file)) mkdirSync(folder, { recursive: true })
  else if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`${folder} is not a folder: make it, or mount the volume that holds ${file}`)
  }
}

function versionOf(db: DatabaseSync, file: string): number {
  const version = numberOf(db, 'PRAGMA user_version')
  const application = numberOf(db, 'PRAGMA application_id')
  const isEmpty = application === 0 && numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0
  if (application !== APPLICATION_ID && !isEmpty) {
    throw new Error(`${file} is the database of another program: choose another file`)
  }
  refuseNewer(file, version)
  return version
}

/**
 * auto_vacuum comes before WAL and before the first table, or the file never shrinks. Set anew it would write to the
 * file each time, also to one that is damaged.
 */
function setUp(db: DatabaseSync, version: number): void {
  if (version === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;                -- macOS: past the disk's own cache
    PRAGMA wal_autocheckpoint = 1000;     -- 4 MB: 32 MB at once held accepts up for 80 ms
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -8192;
  `)
}

function migrate(db: DatabaseSync, version: number, file: string): void {
  for (const [i, migration] of sqliteMigrations.entries()) {
    if (i < version) continue
    const marks = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${i + 1};`
    inTransaction(db, 'BEGIN IMMEDIATE', () => db.exec(migration + marks))
  }
  makeSearchIndex(db, file)
}

/**
 * A damaged page fails whoever reads it, and a full disk whoever writes: not the start, which reads all pages and writes
 * what can be done without.
 */
function makeSearchIndex(db: DatabaseSync, file: string): void {
  try {
    // To sort many takes a file of SQLite's own, and a container may have no other folder that can be written to.
    sortIn(db, dirname(file))
    db.exec(searchIndex)
  } catch (error) {
    if (faultOf(error) !== 'page' && !isFull(error)) throw error
  } finally {
    sortIn(db, '')
  }
}

/** Holds for the whole process: an empty one is the system's own. */
function sortIn(db: DatabaseSync, folder: string): void {
  db.exec(`PRAGMA temp_store_directory = '${folder.replaceAll("'", "''")}'`)
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0])
}

/** `begin` is `BEGIN IMMEDIATE` where something may be written, so that no other process comes between. */
export function sqliteDriver(db: DatabaseSync, begin: 'BEGIN' | 'BEGIN IMMEDIATE'): SqliteDriver {
  const prepared = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known) return known
    const fresh = db.prepare(sql)
    prepared.set(sql, fresh)
    return fresh
  }
  let logIsToFold = false
  return {
    rows: (sql, ...values) => statement(sql).all(...values),
    each: (sql, ...values) => statement(sql).iterate(...values),
    run: (sql, ...values) => void statement(sql).run(...values),
    insert: (sql, ...values) => Number(statement(sql).run(...values).lastInsertRowid),
    transaction(work) {
      logIsToFold = false
      const result = inTransaction(db, begin, work)
      if (logIsToFold) db.exec('PRAGMA wal_checkpoint(PASSIVE)')
      return result
    },
    file: {
      freeShare: () => numberOf(db, 'PRAGMA freelist_count') / numberOf(db, 'PRAGMA page_count'),
      shrink: (pages) => db.exec(`PRAGMA incremental_vacuum(${pages})`),
      foldLog() {
        logIsToFold = true
      },
    },
  }
}

function inTransaction<T>(db: DatabaseSync, begin: string, work: () => T): T {
  db.exec(begin)
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk has SQLite roll back by itself.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
