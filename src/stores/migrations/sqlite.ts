import { outbox } from './sqlite-1-outbox.ts'
import { ledger } from './sqlite-2-ledger.ts'

/** The schema's versions, in order. Append only: what has been released is never edited. */
export const sqliteMigrations: readonly string[] = [outbox, ledger]
