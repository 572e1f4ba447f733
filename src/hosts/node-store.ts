import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import type { Log } from '../core/runtime.ts'
import type { Store } from '../core/store.ts'
import { within } from '../core/within.ts'
import type { PostgresStoreOptions } from '../stores/postgres.ts'
import { describeStore, type StoreAddress } from './store-address.ts'

export interface NodeStoreOptions {
  readonly log: Log
  /** Beside gateways that may be serving it: takes no lock, migrates nothing, wants the store to be there. */
  readonly beside?: boolean
  /** Ends the wait for a database that is away; rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Hears that the store cannot take anything any more; the process has to be started again. */
  readonly died?: (error: Error) => void
}

/** The store of that address, opened. Each kind is loaded where it is wanted. */
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
  { log, beside = false, signal, died }: NodeStoreOptions,
): Promise<Store> {
  switch (address.kind) {
    case 'memory': {
      const { openMemoryStore } = await import('../stores/memory.ts')
      return openMemoryStore()
    }
    case 'sqlite': {
      const { openSqliteStore } = await import('../stores/sqlite-node.ts')
      return await openSqliteStore({ file: address.file, beside, log, died })
    }
    case 'postgres': {
      const { url, directUrl } = address
      const store = await openPostgres({ url, directUrl, log, beside }, signal)
      return closedInTime(store, log)
    }
  }
}

/** A gateway may start before its database, or in the middle of a failover. */
const PATIENCE_MS = 30_000
const RETRY_MS = 1_000

/** Tries for a while where the database is away. Whoever sits before a command wants to know it at once. */
async function openPostgres(
  options: PostgresStoreOptions,
  signal: AbortSignal | undefined,
): Promise<Store> {
  const { openPostgresStore, isOutage } = await import('../stores/postgres.ts')
  const until = performance.now() + (options.beside ? 0 : PATIENCE_MS)
  let told = false
  for (;;) {
    try {
      return await openPostgresStore(options)
    } catch (error) {
      if (!isOutage(error) || performance.now() >= until) throw error
      if (!told) options.log.warn({ error: messageOf(error) }, WAITING)
      told = true
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
    signal?.throwIfAborted()
  }
}

const WAITING = `the database is away: trying for ${PATIENCE_MS / 1000} s before giving up`

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
