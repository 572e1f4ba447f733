import type { Acceptance } from '../core/outbox.ts'
import type { Store } from '../core/store.ts'
import { withData } from './rows.ts'
import type { BareAcceptance } from './sqlite/outbox.ts'
import type { Ask } from './sqlite-calls.ts'
import { sqliteLedger } from './sqlite-ledger.ts'

/** The store over SQLite, wherever the database lives. What people read may be asked of a connection of its own. */
export function sqliteStore(read: Ask, write: Ask): Omit<Store, 'close'> {
  return {
    accept: (batch, now) => write('accept', { batch: batch.map(withoutData), now }),
    claim: async (query) => (await write('claim', query)).map(withData),
    nextDueAt: (sink) => write('nextDueAt', { sink }),
    settle: async (batch) => void (await write('settle', { batch })),
    release: async (batch) => void (await write('release', { batch })),
    ...sqliteLedger(read, write),
    check: async () => void (await write('check', null)),
  }
}

/** What crosses to a thread: `raw` says it all, and a parsed object would cost more than the rest. */
function withoutData({ event, problems, owed }: Acceptance): BareAcceptance {
  const { id, type, appId, tenantKey, via, time, raw, trace } = event
  const bare = { id, type, appId, tenantKey, via, time, raw, ...(trace !== undefined && { trace }) }
  return { event: bare, problems, owed }
}
