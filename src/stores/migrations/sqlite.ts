import { outbox } from './sqlite-1-outbox.ts'
import { ledger } from './sqlite-2-ledger.ts'
import { search } from './sqlite-3-search.ts'

/** The schema's versions, in order. Append only: what has been released is never edited. */
export const sqliteMigrations: readonly string[] = [outbox, ledger, search]

/** Throws for a schema of which this version cannot know what it means. `name` says whose it is. */
export function refuseNewer(name: string, version: number): void {
  const known = sqliteMigrations.length
  if (version <= known) return
  throw new Error(
    `${name} was written by a newer lark-fanout (schema ${version}, this one knows ${known}): start that version`,
  )
}
