import { changes } from './postgres-1/changes.ts'
import { empty } from './postgres-1/empty.ts'
import { keys } from './postgres-1/keys.ts'
import { lanes } from './postgres-1/lanes.ts'
import { moves } from './postgres-1/moves.ts'
import { outbox } from './postgres-1/outbox.ts'
import { prune } from './postgres-1/prune.ts'
import { reads } from './postgres-1/reads.ts'
import { spans } from './postgres-1/spans.ts'
import { tables } from './postgres-1/tables.ts'
import { outbox as tracedOutbox } from './postgres-2/outbox.ts'
import { search } from './postgres-2/search.ts'

export interface PostgresMigration {
  readonly sql: string
  /** The oldest schema whose gateways may still run beside this one: theirs, while the last of them is replaced. */
  readonly tolerates: number
}

/** The schema's versions, in order, from 1. Append only: what has been released is never edited. */
export const postgresMigrations: readonly PostgresMigration[] = [
  {
    sql: [tables, keys, outbox, spans, changes, empty, prune, reads, moves, lanes].join('\n'),
    tolerates: 1,
  },
  { sql: [search, tracedOutbox].join('\n'), tolerates: 1 },
]
