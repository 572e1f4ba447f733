import pg from 'pg'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Page } from '../../src/core/ledger.ts'
import type { ClaimedDelivery } from '../../src/core/outbox.ts'
import type { Store } from '../../src/core/store.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { silentLog } from '../log.ts'
import { sharedPostgres } from '../postgres.ts'
import { createMigrated } from './postgres-stores.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from './samples.ts'

const SPAN = 100_000_000
const database = await createMigrated(await sharedPostgres())
afterAll(() => database[Symbol.asyncDispose]())
// A span may end after so few events.
await database.query(
  `CREATE OR REPLACE FUNCTION lark_fanout.least_span() RETURNS bigint LANGUAGE sql AS 'SELECT 10'`,
)

let store: Store
const opened: Store[] = []

beforeEach(async () => {
  await database.empty()
  await database.query(AS_NEW)
  store = await openStore()
})

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

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

async function openStore(): Promise<Store> {
  const one = await openPostgresStore({ url: database.url, log: silentLog })
  opened.push(one)
  return one
}

const named = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}${i}`)

async function claim(sink = 'lake', now = T): Promise<readonly ClaimedDelivery[]> {
  return store.claim({ sink, now, leaseMs: LEASE, limit: 1000 })
}

/** Accepts events of these ids, and delivers them. */
async function delivered(ids: readonly string[], at = T): Promise<void> {
  await store.accept(
    ids.map((id) => acceptance(id)),
    at,
  )
  await store.settle((await claim('lake', at)).map((one) => settlement(one, undefined, at)))
}

interface Times {
  readonly delivered: number
  readonly dead?: number
}

function step(before: Times, cursor?: string) {
  return store.prune({
    cursor,
    limit: 200,
    deliveredBefore: before.delivered,
    deadBefore: before.dead ?? before.delivered,
    identitiesBefore: 0,
    auditBefore: 0,
  })
}

/** All steps to the end; gives what was deleted. */
async function prune(before: Times): Promise<number> {
  let count = 0
  let cursor: string | undefined
  for (let steps = 0; steps < 1000; steps++) {
    const done = await step(before, cursor)
    count += done.count
    if (done.next === null) return count
    cursor = done.next
  }
  throw new Error('pruning has no end')
}

/** Ends the span in which the sequences are, where it has ten events or more, and some of them are older than others. */
async function endSpan(at: number): Promise<void> {
  await store.accept([acceptance(`newest of ${at}`, { owed: [] })], at)
  await prune({ delivered: at - 2 * MINUTE, dead: 0 })
  await prune({ delivered: 0 })
}

const spans = async () => {
  const rows = await database.query('SELECT n, state FROM lark_fanout.spans ORDER BY n')
  return rows.map(({ n, state }) => `${n} ${state}`)
}

async function everyPage<Item>(
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

async function eventIds(): Promise<readonly string[]> {
  const events = await everyPage((cursor) =>
    store.events({ order: 'oldest first', limit: 100, cursor }),
  )
  return events.map(({ event }) => event.id)
}

const statesOf = async (id: string) =>
  (await store.event(id))?.deliveries.map(({ state, history }) => [state, history.length])

async function sizeOf(table: string): Promise<number> {
  const [row] = await database.query(`SELECT count(*)::integer AS n FROM lark_fanout.${table}`)
  return Number(row?.n)
}

describe('spans', () => {
  test('one ends when it is long, and the next begins at its own number', async () => {
    await delivered(named('a', 9))
    await endSpan(T + MINUTE)
    expect(await spans()).toEqual(['0 closed', '1 open', '2 open'])
    await delivered(['b'], T + MINUTE)
    const { ref, deliveries } = (await store.event('b')) ?? {}
    expect([ref, deliveries?.[0]?.id]).toEqual([String(SPAN), String(SPAN)])
    expect(await eventIds()).toEqual([...named('a', 9), `newest of ${T + MINUTE}`, 'b'])
  })

  test('one with few events goes on, and so does one whose events are of one time', async () => {
    await delivered(named('a', 5))
    await endSpan(T + MINUTE)
    expect(await spans()).toEqual(['0 open', '1 open'])
    await delivered(named('b', 20), T + MINUTE)
    await prune({ delivered: T - 100 * MINUTE })
    expect(await spans()).toEqual(['0 open', '1 open'])
  })

  test('one ends long before it is full, by whichever numbers', async () => {
    await delivered(['a'])
    await database.query(`SELECT setval('lark_fanout.delivery_seq', ${SPAN / 2 + 1})`)
    await prune({ delivered: 0 })
    await prune({ delivered: 0 })
    expect(await spans()).toEqual(['0 closed', '1 open', '2 open'])
    await delivered(['b'])
    expect((await store.event('b'))?.ref).toBe(String(SPAN))
    expect(await statesOf('a')).toEqual([['delivered', 0]])
  })

  test('one that has had its time is dropped, and what it had is counted', async () => {
    await delivered(named('a', 20))
    await endSpan(T + MINUTE)
    await delivered(named('b', 3), T + 5 * MINUTE)
    expect(await prune({ delivered: T + 2 * MINUTE })).toBe(41)
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect(await eventIds()).toEqual(named('b', 3))
    expect(await store.accept([acceptance('a0')], T + 5 * MINUTE)).toMatchObject([
      { duplicate: true },
    ])
  })

  test('one waits while much of it is wanted', async () => {
    await store.accept(
      named('paused', 8).map((id) => acceptance(id, { owed: ['hr'] })),
      T,
    )
    await delivered(named('a', 20))
    await endSpan(T + MINUTE)
    await prune({ delivered: T + 5 * MINUTE })
    expect(await spans()).toEqual(['0 closed', '1 open', '2 open'])
    await store.settle((await claim('hr')).map((one) => settlement(one, undefined, T + MINUTE)))
    await prune({ delivered: T + 5 * MINUTE })
    expect(await spans()).toEqual(['1 open', '2 open'])
  })
})

describe('what outlives its span', () => {
  /** A span with something of each kind, and forty events that nobody wants; of a later one, `young`. */
  async function mixed(): Promise<void> {
    const dead = { state: 'dead', reason: 'HTTP 400' } as const
    await store.accept(
      ['pending', 'failing', 'late', 'dying', 'dead', 'long dead'].map((id) => acceptance(id)),
      T,
    )
    await store.accept([acceptance('odd', { owed: [], problems: ['odd'] })], T)
    const all = new Map((await claim()).map((one) => [one.event.id, one]))
    const end = (id: string, ...how: readonly [Parameters<typeof settlement>[1]?, number?]) => {
      const one = all.get(id)
      if (!one) throw new Error(`${id} was not due`)
      return settlement(one, ...how)
    }
    await store.settle([
      end('pending', { state: 'pending', dueAt: T + 100 * MINUTE }),
      end('failing', { state: 'pending', dueAt: T + 50 * MINUTE }),
      end('late', undefined, T + 9 * MINUTE),
      end('dying', { state: 'pending', dueAt: T + 50 * MINUTE }),
      end('dead', dead, T + 9 * MINUTE),
      end('long dead', dead, T),
    ])
    await delivered(named('old', 40))
    await endSpan(T + MINUTE)
    await delivered(['young'], T + 9 * MINUTE)
  }
  const times = { delivered: T + 8 * MINUTE, dead: T + 5 * MINUTE }

  test('is what is pending, young, or dead and not for long, with its attempts', async () => {
    await mixed()
    await prune({ delivered: times.delivered, dead: 0 })
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect(await eventIds()).toEqual(
      expect.arrayContaining(['pending', 'failing', 'late', 'dying', 'dead', 'long dead', 'odd']),
    )
    expect(await store.backlog()).toMatchObject([{ sink: 'lake', pending: 3, dead: 2 }])
    await prune(times)
    expect(await eventIds()).toEqual(['pending', 'failing', 'late', 'dying', 'dead', 'young'])
    expect(await store.backlog()).toMatchObject([{ sink: 'lake', pending: 3, dead: 1 }])
    expect(await statesOf('failing')).toEqual([['pending', 1]])
    expect(await statesOf('late')).toEqual([['delivered', 0]])
    expect(await statesOf('dead')).toEqual([['dead', 1]])
  })

  test('ends as all else does: sent, settled, retried, and pruned in its time', async () => {
    await mixed()
    await prune(times)
    const later = T + 50 * MINUTE
    const held = await claim('lake', later)
    expect(held.map(({ event }) => event.id)).toEqual(['failing', 'dying'])
    const [failing, dying] = held
    if (!failing || !dying) throw new Error('both were due')
    const dead = { state: 'dead', reason: 'HTTP 400' } as const
    await store.settle([settlement(failing), settlement(dying, dead)])
    expect(await store.backlog()).toMatchObject([{ pending: 1, dead: 2 }])
    expect(await statesOf('failing')).toEqual([['delivered', 2]])
    const batch = { now: later, dryRun: false, limit: 9 }
    expect(await store.retry({ filter: {} }, batch)).toEqual({ count: 2, next: null })
    const again = await claim('lake', later)
    expect(again.map(({ event }) => event.id).toSorted()).toEqual(['dead', 'dying'])
    await store.settle(again.map((one) => settlement(one, dead)))
    expect(await statesOf('dead')).toEqual([['dead', 2]])
    await prune({ delivered: T + 20 * MINUTE })
    expect(await eventIds()).toEqual(['pending'])
    expect(await store.backlog()).toMatchObject([{ sink: 'lake', pending: 1, dead: 0 }])
    expect(await statesOf('pending')).toEqual([['pending', 1]])
    expect([await sizeOf('history'), await sizeOf('attempts')]).toEqual([0, 1])
  })

  test('is an event that is owed again while its span is being emptied', async () => {
    await mixed()
    let cursor: string | undefined
    for (const _ of ['sealed', 'its deliveries', 'its events']) {
      cursor = (await step(times, cursor)).next ?? undefined
    }
    expect(await spans()).toEqual(['0 sealed', '1 open', '2 open'])
    const ref = (await store.event('old7'))?.ref ?? ''
    const owed = [{ sink: 'hr', orderKey: null }]
    const query = { resend: false, dryRun: false, now: T + 9 * MINUTE }
    const redelivery = { ref, cleared: false, owed }
    expect(await store.owe([redelivery], query)).toEqual([{ sink: 'hr', count: 1 }])
    await prune(times)
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect(await claim('hr', T + 9 * MINUTE)).toMatchObject([{ event: { id: 'old7' } }])
  })
})

describe('pruning waits for nobody', () => {
  /** Another connection, in a transaction. */
  async function inTransaction(sql: string, work: () => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      await client.query('BEGIN')
      await client.query(sql)
      await work()
      await client.query('COMMIT')
    } finally {
      await client.end()
    }
  }
  const old = { delivered: T + 5 * MINUTE }

  beforeEach(async () => {
    await delivered(named('a', 40))
    await store.accept([acceptance('pending', { owed: ['hr'] })], T)
    await endSpan(T + MINUTE)
  })

  test.each([
    ['a reader', 'SELECT count(*) FROM lark_fanout.events'],
    ['an accept', 'LOCK TABLE lark_fanout.events IN ROW EXCLUSIVE MODE'],
    ['an operator’s change', 'SELECT lark_fanout.lock_ledger()'],
    ['whoever settles', `SELECT FROM lark_fanout.deliveries WHERE sink = 'hr' FOR UPDATE`],
  ])('%s that takes its time keeps a span for as long', async (_, sql) => {
    await inTransaction(sql, async () => {
      let cursor: string | undefined
      for (let steps = 0; steps < 6; steps++) {
        cursor = (await step(old, cursor)).next ?? undefined
      }
      expect((await spans())[0]).toMatch(/^0 /)
      await store.accept([acceptance('meanwhile', { owed: ['hr'] })], T)
    })
    await prune(old)
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect((await claim('hr')).map(({ event }) => event.id)).toEqual(['pending', 'meanwhile'])
  })
})

test('whatever two gateways do meanwhile, nothing is lost that is wanted, and the counts are right', async () => {
  const other = await openStore()
  const SINKS = ['hr', 'lake']
  const FOREVER = 1e12
  const RETENTION = { delivered: 400, dead: 1200 }
  /** By event and sink: what has become of it, and when. */
  const model = new Map<string, { state: 'pending' | 'delivered' | 'dead'; at: number }>()
  let now = T
  let accepted = 0
  let pruning = true
  const pick = (below: number) => Math.floor(Math.random() * below)

  async function gateway(own: Store, name: string): Promise<void> {
    for (let round = 0; round < 60; round++) {
      now += 40
      const ids = named(`${name} ${round} `, 1 + pick(6))
      const owed = SINKS.map((sink) => ({ sink, orderKey: pick(3) ? null : `key ${pick(3)}` }))
      for (const id of ids)
        for (const sink of SINKS) model.set(`${id} ${sink}`, { state: 'pending', at: now })
      await own.accept(
        ids.map((id) => acceptance(id, { owed })),
        now,
      )
      accepted += ids.length
      for (const sink of SINKS) await deliver(own, sink)
      await (pick(2) === 0 ? retryOne(own) : oweOne(own))
    }
  }

  async function deliver(own: Store, sink: string): Promise<void> {
    const held = await own.claim({ sink, now, leaseMs: FOREVER, limit: 6 })
    const ends = held.map((one) => ({ one, end: endOf(pick(20)), at: now }))
    await own.settle(ends.map(({ one, end, at }) => settlement(one, end, at - 20)))
    for (const { one, end, at } of ends)
      model.set(`${one.event.id} ${sink}`, { state: end.state, at })
  }

  function endOf(luck: number) {
    if (luck === 0) return { state: 'dead', reason: 'HTTP 400' } as const
    if (luck === 1) return { state: 'pending', dueAt: now + pick(2000) } as const
    return { state: 'delivered' } as const
  }

  async function retryOne(own: Store): Promise<void> {
    const { items } = await own.deliveries({ state: 'dead', limit: 20 })
    const one = items[pick(items.length)]
    if (!one) return
    await owedAgain(`${one.eventId} ${one.sink}`, () =>
      own.retry({ ids: [one.id] }, { now, dryRun: false, limit: 1 }),
    )
  }

  /** Some event, from the oldest on: often one whose span is being emptied. */
  async function oweOne(own: Store): Promise<void> {
    const { items } = await own.events({ order: 'oldest first', limit: 40 })
    const one = items[pick(items.length)]
    const sink = SINKS[pick(SINKS.length)]
    if (!one || !sink) return
    const redelivery = { ref: one.ref, cleared: false, owed: [{ sink, orderKey: null }] }
    await owedAgain(`${one.event.id} ${sink}`, async () => {
      const [owed] = await own.owe([redelivery], { resend: false, dryRun: false, now })
      return owed ?? { count: 0 }
    })
  }

  async function owedAgain(key: string, ask: () => Promise<{ count: number }>): Promise<void> {
    const known = model.get(key)
    const { count } = await ask()
    // It may have been delivered before this is told.
    if (count > 0 && model.get(key) === known) model.set(key, { state: 'pending', at: now })
  }

  const before = () => ({ delivered: now - RETENTION.delivered, dead: now - RETENTION.dead })
  let last = before()
  async function pruner(): Promise<void> {
    while (pruning) {
      last = before()
      await prune(last)
    }
  }

  const pruned = pruner()
  await Promise.all([gateway(store, 'one'), gateway(other, 'two')])
  pruning = false
  await pruned

  const [row] = await database.query(`
    SELECT count(*)::integer AS known, count(DISTINCT event)::integer AS refs,
      (SELECT min(n)::integer FROM lark_fanout.spans) AS first,
      (SELECT count(*)::integer FROM lark_fanout.deliveries WHERE kept) AS kept
    FROM lark_fanout.identities`)
  expect(row).toMatchObject({ known: accepted, refs: accepted })
  expect(Number(row?.first)).toBeGreaterThan(2)
  expect(Number(row?.kept)).toBeGreaterThan(0)

  const deliveries = await everyPage((cursor) => store.deliveries({ limit: 500, cursor }))
  const found = new Map(deliveries.map(({ eventId, sink, state }) => [`${eventId} ${sink}`, state]))
  const wanted = [...model].filter(([, { state, at }]) => state === 'pending' || at >= last[state])
  for (const [key, { state }] of wanted) expect([key, found.get(key)]).toEqual([key, state])
  for (const [key, state] of found) expect([key, model.get(key)?.state]).toEqual([key, state])

  const states = [...found].map(([key, state]) => `${key.split(' ').at(-1)} ${state}`)
  const count = (sink: string, state: string) =>
    states.filter((one) => one === `${sink} ${state}`).length
  expect(await store.backlog()).toMatchObject(
    SINKS.map((sink) => ({ sink, pending: count(sink, 'pending'), dead: count(sink, 'dead') })),
  )
  for (const sink of SINKS) {
    let sent = 0
    for (
      let held = await claim(sink, now + FOREVER);
      held.length > 0;
      held = await claim(sink, now + FOREVER)
    ) {
      sent += held.length
      await store.settle(held.map((one) => settlement(one)))
    }
    expect(sent).toBe(count(sink, 'pending'))
  }
}, 120_000)
