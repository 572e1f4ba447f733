import { afterAll, afterEach, beforeEach } from 'vitest'
import type { Page, Progress } from '../../src/core/ledger.ts'
import type { Store } from '../../src/core/store.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { silentLog } from '../log.ts'
import { type Database, sharedPostgres } from '../postgres.ts'
import { createMigrated } from './postgres-stores.ts'

/** For each test of a file an empty database, whose spans may end after ten events. */
export interface SpannedDatabase extends Pick<Database, 'url' | 'query'> {
  /** The first store on it. */
  readonly store: Store
  /** One more. */
  open(): Promise<Store>
}

/** Spans and their numbers, too. */
const AS_NEW = `
DO $$
DECLARE partition text;
BEGIN
  FOR partition IN
    SELECT format('lark_fanout.%I', relname) FROM pg_class
    WHERE relnamespace = 'lark_fanout'::regnamespace AND relkind = 'r' AND relname ~ '_[0-9]+$'
  LOOP
    EXECUTE 'DROP TABLE ' || partition;
  END LOOP;
  DELETE FROM lark_fanout.spans;
  PERFORM lark_fanout.add_span(0), lark_fanout.add_span(1);
  PERFORM setval('lark_fanout.event_seq', 1, false), setval('lark_fanout.delivery_seq', 1, false);
END $$`

export async function spannedDatabase(): Promise<SpannedDatabase> {
  const { url, query, empty, ...database } = await createMigrated(await sharedPostgres())
  afterAll(() => database[Symbol.asyncDispose]())
  await query(
    `CREATE OR REPLACE FUNCTION lark_fanout.least_span() RETURNS bigint LANGUAGE sql AS 'SELECT 10'`,
  )
  const opened: Store[] = []
  async function open(): Promise<Store> {
    const store = await openPostgresStore({ url, log: silentLog })
    opened.push(store)
    return store
  }
  beforeEach(async () => {
    await empty()
    await query(AS_NEW)
    await open()
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
  })
  return {
    url,
    query,
    open,
    get store() {
      if (!opened[0]) throw new Error('not yet open')
      return opened[0]
    },
  }
}

export const named = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}${i}`)

/** What was settled before, in Unix milliseconds, is pruned; `dead` is `delivered` by default. */
export interface Before {
  readonly delivered: number
  readonly dead?: number
}

export function pruneStep(
  store: Store,
  before: Before,
  cursor?: string,
  limit = 200,
): Promise<Progress> {
  return store.prune({
    cursor,
    limit,
    deliveredBefore: before.delivered,
    deadBefore: before.dead ?? before.delivered,
    identitiesBefore: 0,
    auditBefore: 0,
  })
}

/** All steps to the end; gives what was deleted. */
export async function pruneAll(store: Store, before: Before): Promise<number> {
  let count = 0
  let cursor: string | undefined
  for (let steps = 0; steps < 1000; steps++) {
    const done = await pruneStep(store, before, cursor)
    count += done.count
    if (done.next === null) return count
    cursor = done.next
  }
  throw new Error('pruning has no end')
}

export async function everyPage<Item>(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let cursor: string | undefined
  do {
    const { items, next } = await read(cursor)
    all.push(...items)
    cursor = next ?? undefined
  } while (cursor !== undefined)
  return all
}
