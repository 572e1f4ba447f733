import type { Row } from '../../src/stores/rows.ts'

/** The tables of a SQLite store that are empty in a new one; the counters of `AUTOINCREMENT` are one of them. */
export const CONTENT = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT IN ('checked', 'schema_version') AND name NOT GLOB '_cf_*'`

/** What makes the store as good as new. Nobody may be using it. */
export function deleting(tables: readonly Row[]): string {
  return tables.map(({ name }) => `DELETE FROM ${name};`).join(' ')
}
