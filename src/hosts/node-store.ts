import { messageOf } from '../core/errors.ts'
import type { Log } from '../core/runtime.ts'
import type { Store } from '../core/store.ts'
import { within } from '../core/within.ts'
import { openMemoryStore } from '../stores/memory.ts'
import { openSqliteStore } from '../stores/sqlite-node.ts'
import { describeStore, type StoreAddress } from './store-address.ts'

export interface NodeStoreOptions {
  readonly log: Log
  /** Beside gateways that may be serving it: takes no lock, migrates nothing, wants the store to be there. */
  readonly beside?: boolean
  /** Hears that the store cannot take anything any more; the process has to be started again. */
  readonly died?: (error: Error) => void
}

/** The store of that address, opened. */
export async function openNodeStore(
  address: StoreAddress,
  options: NodeStoreOptions,
): Promise<Store> {
  const store = await open(address, options)
  options.log.info({ store: describeStore(address) }, 'the store is open')
  return store
}

async function open(
  address: StoreAddress,
  { log, beside = false, died }: NodeStoreOptions,
): Promise<Store> {
  switch (address.kind) {
    case 'memory':
      return openMemoryStore()
    case 'sqlite':
      return await openSqliteStore({ file: address.file, beside, died })
    case 'postgres': {
      // Its client is loaded where it is wanted.
      const { openPostgresStore } = await import('../stores/postgres.ts')
      const { url, directUrl } = address
      return closedInTime(await openPostgresStore({ url, directUrl, log, beside }), log)
    }
  }
}

/** What was not written by then has been reported as not written, and a connection ends with its process. */
const CLOSE_MS = 3000

/** A database that has gone silent does not answer a goodbye, either. */
function closedInTime(store: Store, log: Log): Store {
  const late = () => new Error(`no answer within ${CLOSE_MS} ms`)
  return {
    ...store,
    async close() {
      try {
        await within(CLOSE_MS, store.close, late)
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'the connections to the database were left open')
      }
    },
  }
}
