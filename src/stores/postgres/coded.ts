import type { Query } from './connection.ts'
import { fromText, toText } from './text.ts'

/** Asks with texts of any kind, and is answered with them: none of a row's texts is left as it is stored. */
export function coded(query: Query): Query {
  return async (sql, values = []) => {
    const rows = await query(sql, values.map(stored))
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, read(value)])),
    )
  }
}

function stored(value: unknown): unknown {
  return typeof value === 'string' ? toText(value) : value
}

function read(value: unknown): unknown {
  return typeof value === 'string' ? fromText(value) : value
}
