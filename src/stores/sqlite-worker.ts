import { parentPort, workerData } from 'node:worker_threads'
import { type TallyingDriver, tallying } from './sqlite/driver.ts'
import { freeLeases } from './sqlite/outbox.ts'
import { sqliteStatements } from './sqlite.ts'
import { answerAll, type Call } from './sqlite-calls.ts'
import { explainError } from './sqlite-errors.ts'
import { type FileMode, makeFolder, openFile, sqliteDriver } from './sqlite-file.ts'
import { lockFile } from './sqlite-lock.ts'
import { serveThread } from './thread.ts'

/** The thread that owns one connection: the writing one, or one that only reads. */
export interface SqliteWorkerData {
  readonly file: string
  readonly mode: FileMode
  /** Unix milliseconds at opening. */
  readonly now: number
}

const { file, mode, now }: SqliteWorkerData = workerData

function open() {
  const lock = mode === 'serve' ? takeFile() : undefined
  try {
    const connection = connect()
    return {
      answer: connection.answer,
      close() {
        connection.close()
        lock?.release()
      },
    }
  } catch (error) {
    lock?.release()
    throw error
  }
}

function takeFile() {
  makeFolder(file)
  return lockFile(file)
}

function connect() {
  const db = openFile(file, mode)
  const driver = tallying(sqliteDriver(db, mode === 'read' ? 'BEGIN' : 'BEGIN IMMEDIATE'))
  if (mode === 'serve') freeOrClose(db, driver)
  const statements = sqliteStatements(driver)
  return {
    answer: (calls: readonly Call[]) =>
      answerAll(driver, statements, calls).map((outcome) =>
        'answer' in outcome ? outcome : { ...outcome, error: explainError(outcome.error, file) },
      ),
    close: () => db.close(),
  }
}

/** A file that is refused is let go at once, and not when the thread happens to end. */
function freeOrClose(db: ReturnType<typeof openFile>, driver: TallyingDriver): void {
  try {
    driver.transaction(() => freeLeases(driver, now))
  } catch (error) {
    db.close()
    throw error
  }
}

if (parentPort) {
  serveThread(parentPort, () => {
    try {
      return open()
    } catch (error) {
      throw explainError(error, file)
    }
  })
}
