import { move } from '../../src/stores/move.ts'
import { openPostgresImport } from '../../src/stores/postgres/import.ts'
import { openSqliteExport } from '../../src/stores/sqlite-export.ts'

/** Moves a file row by row, and is killed soon after so many of them: most likely while one is under way. */
const [file = '', url = '', now = '', killAt = ''] = process.argv.slice(2)
const source = openSqliteExport(file, Number(now))
const target = openPostgresImport(url)
const { signal } = new AbortController()
const progress = (done: number) => {
  if (done === Number(killAt))
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 3 * Math.random())
}
await move(source, target, { batchRows: 1, progress, signal })
