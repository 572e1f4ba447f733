import { type SqlValue, tallying } from '../../src/stores/sqlite/driver.ts'
import { sqliteStatements } from '../../src/stores/sqlite.ts'
import { openFile, sqliteDriver } from '../../src/stores/sqlite-file.ts'

/** The writing connection as its thread has it, without the thread. `seen` hears of every statement. */
export function openConnection(
  file: string,
  seen: (sql: string, values: readonly SqlValue[]) => void = () => {},
) {
  const db = openFile(file, 'serve')
  const plain = sqliteDriver(db, 'BEGIN IMMEDIATE')
  const driver = tallying({
    ...plain,
    rows(sql, ...values) {
      seen(sql, values)
      return plain.rows(sql, ...values)
    },
    each(sql, ...values) {
      seen(sql, values)
      return plain.each(sql, ...values)
    },
    run(sql, ...values) {
      seen(sql, values)
      plain.run(sql, ...values)
    },
    insert(sql, ...values) {
      seen(sql, values)
      return plain.insert(sql, ...values)
    },
  })
  return { db, driver, statements: sqliteStatements(driver) }
}
