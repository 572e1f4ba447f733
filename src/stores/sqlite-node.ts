import { statSync } from 'node:fs'
import { extname } from 'node:path'
import type { Log } from '../core/runtime.ts'
import type { Store } from '../core/store.ts'
import { createGroupCommit, type Outcome } from './group-commit.ts'
import { type Answer, askBy, type Call } from './sqlite-calls.ts'
import { realFile } from './sqlite-file.ts'
import { sqliteStore } from './sqlite-store.ts'
import type { SqliteWorkerData } from './sqlite-worker.ts'
import { openLazily, openThread } from './thread.ts'

export interface SqliteStoreOptions {
  /** A missing folder is made where the path is relative. */
  readonly file: string
  /** Unix milliseconds. */
  readonly now?: () => number
  /** Beside a gateway that may be serving the same file: takes no lock, frees no leases, wants the file there. */
  readonly beside?: boolean
  readonly log?: Pick<Log, 'warn'>
  /** Hears that the store cannot take anything any more; the process has to be started again. */
  readonly died?: ((error: Error) => void) | undefined
}

/**
 * The store in a SQLite file, for one serving process: leases that its predecessor held are freed. Rejects where
 * another process serves the file, or where the file is not one of ours.
 */
export async function openSqliteStore({
  file: name,
  now = Date.now,
  beside = false,
  log,
  died,
}: SqliteStoreOptions): Promise<Store> {
  const file = realFile(name)
  const mode = beside ? 'beside' : 'serve'
  const writer = await openConnection({ file, mode, now: now() }, died)
  const requireFile = rememberFile(file)
  const reader = openLazily((died) => openConnection({ file, mode: 'read', now: now() }, died))
  const writes = createGroupCommit(writer.ask)
  const reads = createGroupCommit(reader.ask)
  const [read, write] = [askBy(reads.call), askBy(writes.call)]
  if (log && !(await write('hasIndex', null))) log.warn({ store: file }, NO_INDEX)
  const store = sqliteStore(read, write)
  return {
    ...store,
    async accept(batch, now) {
      requireFile()
      return store.accept(batch, now)
    },
    async check() {
      requireFile()
      await store.check()
    },
    async close() {
      await Promise.all([reads.idle(), writes.idle()])
      await reader.close()
      await writer.close() // The last to close folds the WAL into the file.
    },
  }
}

const NO_INDEX =
  'the events have no index by their instance_code: make room, where the disk is full, and start again; else a page of them is damaged: whoever reads it is told so, and so is a search that goes through it; restore a backup, or keep the file until what it owes is delivered'

/** What is written to a file that was deleted or replaced ends with the process: the check for it costs a microsecond. */
function rememberFile(file: string): () => void {
  const opened = statSync(file)
  return () => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.ino === opened.ino && found.dev === opened.dev) return
    throw new Error(`${file} is gone: what is accepted now would be lost. Restart the gateway`)
  }
}

function openConnection(data: SqliteWorkerData, died?: (error: Error) => void) {
  const url = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url)
  return openThread<readonly Call[], readonly Outcome<Answer>[]>(url, data, died)
}
