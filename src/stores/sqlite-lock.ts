import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { isBusy } from './sqlite-errors.ts'

/**
 * Holds a database for one serving process, by SQLite's own lock on a small file beside it: the kernel frees it when
 * the process ends, however it ends. The file stays; only the lock counts.
 */
export function lockFile(file: string): { release(): void } {
  const lock = new DatabaseSync(`${file}-lock`, { timeout: 0 })
  try {
    take(lock)
  } catch (error) {
    const holder = isBusy(error) ? holderOf(lock) : undefined
    lock.close()
    throw holder === undefined ? error : new Error(refusal(file, holder))
  }
  return { release: () => lock.close() }
}

function refusal(file: string, holder: string): string {
  return `${file} is being served by ${holder}: end that one first, or give this one a DATABASE_URL of its own`
}

/** Others can read who holds it: a second, empty transaction keeps the lock after the name is committed. */
function take(lock: DatabaseSync): void {
  lock.exec(`
    PRAGMA synchronous = OFF;
    BEGIN IMMEDIATE;
    PRAGMA busy_timeout = 1000;
    CREATE TABLE IF NOT EXISTS holder (name TEXT NOT NULL) STRICT;
    DELETE FROM holder;
  `)
  const name = `process ${process.pid} on ${hostname()}`
  lock.prepare('INSERT INTO holder VALUES (?)').run(name)
  lock.exec('COMMIT; PRAGMA busy_timeout = 0; BEGIN IMMEDIATE')
}

function holderOf(lock: DatabaseSync): string {
  try {
    return String(lock.prepare('SELECT name FROM holder').get()?.name ?? 'another process')
  } catch {
    return 'another process' // It is just writing its name.
  }
}
