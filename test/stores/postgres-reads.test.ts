import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DeliveryQuery, EventQuery, Page } from '../../src/core/ledger.ts'
import type { Store } from '../../src/core/store.ts'
import { configOf, openConnections, type Query } from '../../src/stores/postgres/connection.ts'
import { postgresReads } from '../../src/stores/postgres/reads.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { silentLog } from '../log.ts'
import { sharedPostgres } from '../postgres.ts'
import { createMigrated, type MigratedDatabase } from './postgres-stores.ts'
import { acceptance, MINUTE, settlement, T } from './samples.ts'

let database: MigratedDatabase
let store: Store

beforeAll(async () => {
  database = await createMigrated(await sharedPostgres())
  store = await openPostgresStore({ url: database.url, log: silentLog })
})

afterAll(async () => {
  await store.close()
  await database[Symbol.asyncDispose]()
})

describe('what people read', () => {
  beforeEach(() => database.empty())

  test('texts that Postgres cannot hold are found, and come as they were', async () => {
    for (const odd of ['nul \0', 'half \ud800', '\\u0041', 'slash \\ only']) {
      const wish = { type: odd, appId: odd, tenantKey: odd, via: odd }
      await store.accept([acceptance(odd, { ...wish, owed: [{ sink: odd, orderKey: odd }] })], T)
      const [claimed] = await store.claim({ sink: odd, now: T, leaseMs: 1, limit: 1 })
      if (!claimed) throw new Error('it was due')
      const dead = settlement(claimed, { state: 'dead', reason: odd })
      await store.settle([{ ...dead, record: { ...dead.record, error: odd, response: odd } }])
      await store.pause({ sink: odd, by: 'operator', at: T, options: odd })
      const id = await store.record({
        ...{ at: T, actor: odd, action: 'pause', request: { odd }, outcome: null },
      })

      const { event } = acceptance(odd, wish)
      const filters = [{ q: odd }, { type: odd }, { source: odd }, { q: odd, type: odd }]
      for (const filter of filters) {
        const { items } = await store.events({ order: 'newest first', limit: 9, ...filter })
        expect(items).toMatchObject([{ event }])
      }
      const ended = { eventId: odd, sink: odd, orderKey: odd, reason: odd, state: 'dead' }
      expect(await store.event({ id: odd })).toMatchObject({
        event,
        deliveries: [{ ...ended, history: [{ error: odd, response: odd }] }],
      })
      for (const filter of [
        { event: { id: odd } },
        { sink: odd },
        { sink: odd, state: 'dead' as const },
      ]) {
        expect((await store.deliveries({ limit: 9, ...filter })).items).toMatchObject([ended])
      }
      expect(await store.backlog()).toContainEqual(expect.objectContaining({ sink: odd, dead: 1 }))
      expect(await store.wasOwed(odd)).toBe(true)
      expect(await store.pauses()).toMatchObject([{ sink: odd, options: odd }])
      await store.resume(odd, { by: 'operator', options: odd })
      expect(await store.pauses()).toEqual([])
      const { items } = await store.audit({ limit: 1 })
      expect(items).toMatchObject([{ id, actor: odd, request: { odd } }])
    }
  })

  test('a page of large events holds some 8 MB; what is over that comes next', async () => {
    const data = { instance_code: 'large', user_id: 'u1', form: 'x'.repeat(1_000_000) }
    const ids = Array.from({ length: 12 }, (_, i) => `e${i}`)
    const batch = ids.map((id) => acceptance(id, { data, owed: [] }))
    await store.accept(batch, T)
    for (const q of [undefined, 'large', 'u1']) {
      const query = { order: 'oldest first', limit: 500, q } as const
      const first = await store.events(query)
      expect(first.items.map(({ event }) => event.id)).toEqual(ids.slice(0, 8))
      const second = await store.events({ ...query, cursor: first.next ?? undefined })
      expect(second.items.map(({ event }) => event.id)).toEqual(ids.slice(8))
      if (q === 'large') expect(await itemsAfter(second.next)).toEqual([])
      else expect(second.next).toBe(null)
      async function itemsAfter(next: string | null): Promise<readonly unknown[]> {
        if (next === null) return []
        const page = await store.events({ ...query, cursor: next })
        return [...page.items, ...(await itemsAfter(page.next))]
      }
    }
  })

  test('one event that is larger than that has a page of its own', async () => {
    const data = { form: 'x'.repeat(9_000_000) }
    await store.accept([acceptance('e1', { data }), acceptance('e2', { data })], T)
    const { items, next } = await store.events({ order: 'oldest first', limit: 500 })
    expect([items.length, next]).toEqual([1, items[0]?.ref])
  })

  test('a list goes on over the numbers that a new span leaves out', async () => {
    const spans = await database.query('SELECT max(n) AS n FROM lark_fanout.spans')
    const later = T + 60 * MINUTE
    const far = Number(spans[0]?.n) * 100_000_000
    const data = { instance_code: 'one' }
    await store.accept([acceptance('e1', { data }), acceptance('e2', { data })], T)
    for (const name of ['event_seq', 'delivery_seq']) {
      await database.query(`SELECT setval('lark_fanout.${name}', ${far})`)
    }
    const last = acceptance('e4', { data, owed: ['hr'] })
    await store.accept([acceptance('e3', { data }), last], later)
    const [ended] = await store.claim({ sink: 'lake', now: T, leaseMs: 1, limit: 1 })
    if (ended) await store.settle([settlement(ended)])

    const eventPages = (query: Partial<EventQuery>) =>
      pagesOf(
        (page) => store.events({ order: 'newest first', ...query, ...page }),
        ({ event }) => event.id,
      )
    const deliveryPages = (query: Partial<DeliveryQuery>) =>
      pagesOf(
        (page) => store.deliveries({ ...query, ...page }),
        ({ eventId }) => eventId,
      )
    expect(await eventPages({})).toEqual([['e4'], ['e3'], ['e2'], ['e1']])
    expect(await eventPages({ order: 'oldest first' })).toEqual([['e1'], ['e2'], ['e3'], ['e4']])
    expect(await eventPages({ until: T + MINUTE })).toEqual([['e2'], ['e1']])
    const found = await eventPages({ q: 'one' })
    expect(found.flat()).toEqual(['e4', 'e3', 'e2', 'e1'])
    expect(await eventPages({ since: later, order: 'oldest first' })).toEqual([['e3'], ['e4']])
    expect(await deliveryPages({})).toEqual([['e4'], ['e3'], ['e2'], ['e1']])
    expect(await deliveryPages({ until: T + MINUTE })).toEqual([['e2'], ['e1']])
    expect(await deliveryPages({ sink: 'lake' })).toEqual([['e3'], ['e2'], ['e1']])
    expect(await deliveryPages({ sink: 'lake', state: 'pending' })).toEqual([['e3'], ['e2']])
  })
})

/** Twenty thousand events; their deliveries are by turns pending and ended. The first are of another sink, and dead. */
const MANY = `
INSERT INTO lark_fanout.events
  (seq, time, accepted_at, id, type, app_id, tenant_key, via, instance_code, raw)
SELECT n, n, ${T} + n * ${MINUTE}, 'e' || n, 'approval_cc', '', '', 'feishu', code,
  format('{"event":{"user_id":"u","instance_code":"%s"}}', code)
FROM (
  SELECT n, CASE WHEN n % 500 = 0 THEN 'few' ELSE 'many' END AS code FROM generate_series(1, 20000::bigint) n
) s;
INSERT INTO lark_fanout.identities (event, accepted_at, id, app_id, tenant_key)
SELECT seq, accepted_at, id, app_id, tenant_key FROM lark_fanout.events;
INSERT INTO lark_fanout.deliveries
  (seq, event, due_at, accepted_at, claim, unsettled, attempts, leased, behind, sink)
SELECT 2 * n, n, ${T}, ${T} + n * ${MINUTE}, 0, 0, 0, false, false, CASE WHEN n > 100 THEN 'lake' ELSE 'hr' END
FROM generate_series(1, 20000::bigint) n;
INSERT INTO lark_fanout.history (seq, event, accepted_at, settled_at, claim, attempts, dead, sink)
SELECT 2 * n + 1, n, ${T} + n * ${MINUTE}, ${T}, 1, 1, n <= 100 OR n % 10 = 0, CASE WHEN n > 100 THEN 'lake' ELSE 'hr' END
FROM generate_series(1, 20000::bigint) n;
INSERT INTO lark_fanout.tallies VALUES ('lake', 0, 19900, 1990), ('hr', 0, 50, 100), ('hr', 1, 50, 0);
ANALYZE`

describe('of many rows, a question reads few', () => {
  const page = { limit: 50 }
  const order = 'newest first' as const
  const asked: (readonly [string, readonly unknown[]])[] = []
  const connections = lazily(() => openConnections(configOf(database.url), 2))
  const query: Query = (sql, values = []) => {
    asked.push([sql, values])
    return connections().query(sql, values)
  }
  const reads = postgresReads(query)

  /** The most rows that a step of its statements has looked at. */
  async function rowsRead(question: () => Promise<unknown>): Promise<number> {
    asked.length = 0
    await question()
    const plans: Plan[] = []
    for (const [sql, values] of asked) {
      const explain = 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)'
      const [row] = await connections().query(`${explain} ${sql}`, values)
      plans.push(...Object(row)['QUERY PLAN'].map(({ Plan }: { Plan: Plan }) => Plan))
    }
    return Math.max(...plans.flatMap(stepsOf).map(readBy))
  }

  beforeAll(async () => {
    await database.empty()
    await database.query(MANY)
  })
  afterAll(() => connections().close())

  test.each<Partial<DeliveryQuery>>([
    {},
    { state: 'pending' },
    { state: 'pending', sink: 'hr' },
    { state: 'pending', sink: 'nobody' },
    { state: 'dead' },
    { state: 'dead', sink: 'hr' },
    { state: 'dead', sink: 'lake', cursor: '2000' },
    { state: 'dead', since: T + 15_000 * MINUTE, until: T + 15_900 * MINUTE },
    { event: { id: 'e17000' } },
    { event: { ref: '17000' }, state: 'dead' },
  ])('deliveries %j', async (choice) => {
    expect(await rowsRead(() => reads.deliveries({ ...page, ...choice }))).toBeLessThan(200)
  })

  test('where no index helps, a page ends after ten thousand numbers', async () => {
    for (const choice of [{ sink: 'hr' }, { sink: 'hr', state: 'delivered' as const }]) {
      const found = await reads.deliveries({ ...page, ...choice })
      expect(found).toEqual({ items: [], next: '30002' })
    }
    const ofOne = await reads.events({ ...page, order, q: 'many', type: 'other' })
    expect(ofOne).toEqual({ items: [], next: 'instance:9980' })
    for (const choice of [{ q: 'nobody' }, { type: 'other' }]) {
      const found = await reads.events({ ...page, order, ...choice })
      expect(found).toEqual({ items: [], next: '10001' })
    }
  })

  test.each<Partial<EventQuery>>([
    {},
    { cursor: '10000' },
    { q: 'e17000' },
    { q: 'few' },
    { q: 'few', cursor: 'instance:17500' },
    { since: T + 12_000 * MINUTE, until: T + 12_100 * MINUTE },
  ])('events %j', async (choice) => {
    expect(await rowsRead(() => reads.events({ ...page, order, ...choice }))).toBeLessThan(200)
  })

  test('what became of a page of events', async () => {
    const refs = Array.from({ length: 50 }, (_, n) => String(17_000 + n))
    expect(await rowsRead(() => reads.outcomes(refs))).toBeLessThan(200)
    const found = await reads.outcomes(['17000', '17001'])
    expect(found.toSorted((a, b) => a.dead - b.dead)).toEqual([
      { eventRef: '17001', delivered: 1, pending: 1, dead: 0 },
      { eventRef: '17000', delivered: 0, pending: 1, dead: 1 },
    ])
  })

  test('one event, and the backlog', async () => {
    expect(await rowsRead(() => reads.event({ id: 'e17000' }))).toBeLessThan(10)
    expect(await rowsRead(() => reads.backlog())).toBeLessThan(10)
    expect((await reads.backlog()).toSorted((a, b) => a.pending - b.pending)).toEqual([
      { sink: 'hr', pending: 100, dead: 100, oldestPendingAt: T + MINUTE },
      { sink: 'lake', pending: 19_900, dead: 1_990, oldestPendingAt: T + 101 * MINUTE },
    ])
  })

  test('what is between two times is found by halves', async () => {
    const times = [-1, 1, 10_000, 20_000, 20_001].map((minute) => T + minute * MINUTE)
    const from = times.map((time) => `lark_fanout.first_event_at(${time})`)
    expect(await query(`SELECT ARRAY[${from}]::text[] AS seqs`)).toEqual([
      { seqs: ['1', '1', '10000', '20000', '20001'] },
    ])
    const owed = times.map((time) => `lark_fanout.first_delivery_at(${time})`)
    expect(await query(`SELECT ARRAY[${owed}]::text[] AS seqs`)).toEqual([
      { seqs: ['2', '2', '20000', '40000', '40002'] },
    ])
  })
})

interface Plan {
  readonly Plans?: readonly Plan[]
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
}

function stepsOf(plan: Plan): readonly Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(stepsOf)]
}

function readBy(step: Plan): number {
  const passed = step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)
  return (passed + (step['Rows Removed by Index Recheck'] ?? 0)) * step['Actual Loops']
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** What is on each page of one, to the end. */
async function pagesOf<Item>(
  list: (page: { limit: number; cursor: string | undefined }) => Promise<Page<Item>>,
  idOf: (item: Item) => string,
): Promise<readonly (readonly string[])[]> {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const { items, next } = await list({ limit: 1, cursor })
    pages.push(items.map(idOf))
    cursor = next ?? undefined
  } while (cursor !== undefined && pages.length < 100)
  return pages
}
