import pg from 'pg'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ClaimedDelivery } from '../../src/core/outbox.ts'
import {
  type Before,
  everyPage,
  named,
  pruneAll,
  pruneStep,
  spannedDatabase,
} from './postgres-spans.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from './samples.ts'

const SPAN = 100_000_000
const database = await spannedDatabase()

async function claim(sink = 'lake', now = T): Promise<readonly ClaimedDelivery[]> {
  return database.store.claim({ sink, now, leaseMs: LEASE, limit: 1000 })
}

/** Accepts events of these ids, and delivers them. */
async function delivered(ids: readonly string[], at = T): Promise<void> {
  await database.store.accept(
    ids.map((id) => acceptance(id)),
    at,
  )
  await database.store.settle(
    (await claim('lake', at)).map((one) => settlement(one, undefined, at)),
  )
}

const prune = (before: Before) => pruneAll(database.store, before)

/** Ends the span in which the sequences are, where it has ten events or more, and some of them are older than others. */
async function endSpan(at: number): Promise<void> {
  await database.store.accept([acceptance(`newest of ${at}`, { owed: [] })], at)
  await prune({ delivered: at - 2 * MINUTE, dead: 0 })
  await prune({ delivered: 0 })
}

const spans = async () => {
  const rows = await database.query('SELECT n, state FROM lark_fanout.spans ORDER BY n')
  return rows.map(({ n, state }) => `${n} ${state}`)
}

async function eventIds(): Promise<readonly string[]> {
  const events = await everyPage((cursor) =>
    database.store.events({ order: 'oldest first', limit: 100, cursor }),
  )
  return events.map(({ event }) => event.id)
}

const statesOf = async (id: string) =>
  (await database.store.event({ id }))?.deliveries.map(({ state, history }) => [
    state,
    history.length,
  ])

/** Accepted at T, by these numbers, and owed to `hr`: much at once. */
async function pend(seqs: string): Promise<void> {
  await database.query(`
    WITH pending AS (
      INSERT INTO lark_fanout.deliveries
        (seq, event, due_at, accepted_at, claim, unsettled, attempts, leased, behind, sink)
      SELECT seq, seq, ${T}, ${T}, 0, 0, 0, false, false, 'hr' FROM (${seqs}) AS wished (seq) RETURNING seq
    )
    INSERT INTO lark_fanout.events (seq, time, accepted_at, id, type, app_id, tenant_key, via, raw)
    SELECT seq, ${T}, ${T}, 'e' || seq, 't', 'a', 'k', 'v', '{}' FROM pending`)
}

async function beginAt(span: number): Promise<void> {
  const first = span * SPAN
  await database.query(
    `SELECT setval('lark_fanout.event_seq', ${first}), setval('lark_fanout.delivery_seq', ${first})`,
  )
}

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
    const { ref, deliveries } = (await database.store.event({ id: 'b' })) ?? {}
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
    expect((await database.store.event({ id: 'b' }))?.ref).toBe(String(SPAN))
    expect(await statesOf('a')).toEqual([['delivered', 0]])
  })

  test('one that has had its time is dropped, and what it had is counted', async () => {
    await delivered(named('a', 20))
    await endSpan(T + MINUTE)
    await delivered(named('b', 3), T + 5 * MINUTE)
    expect(await prune({ delivered: T + 2 * MINUTE })).toBe(41)
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect(await eventIds()).toEqual(named('b', 3))
    expect(await database.store.accept([acceptance('a0')], T + 5 * MINUTE)).toMatchObject([
      { duplicate: true },
    ])
  })

  test('one waits while much of it is wanted', async () => {
    await database.store.accept(
      named('paused', 8).map((id) => acceptance(id, { owed: ['hr'] })),
      T,
    )
    await delivered(named('a', 20))
    await endSpan(T + MINUTE)
    await prune({ delivered: T + 5 * MINUTE })
    expect(await spans()).toEqual(['0 waiting', '1 open', '2 open'])
    await database.store.settle(
      (await claim('hr')).map((one) => settlement(one, undefined, T + MINUTE)),
    )
    await prune({ delivered: T + 5 * MINUTE })
    expect(await spans()).toEqual(['1 open', '2 open'])
  })

  test('few wait, however long a sink is paused: what the oldest have is moved aside', async () => {
    await database.query('SELECT lark_fanout.add_span(n) FROM generate_series(2, 13) AS n')
    await beginAt(12)
    await pend(`SELECT n * ${SPAN} FROM generate_series(0::bigint, 11) AS n`)
    const old = { delivered: T + 5 * MINUTE }
    expect(await pruneStep(database.store, old)).toEqual({ count: 0, next: 'spans:1' })
    await prune(old)
    const waiting = Array.from({ length: 8 }, (_, i) => `${4 + i} waiting`)
    expect(await spans()).toEqual([...waiting, '12 open', '13 open'])
    expect(await claim('hr')).toHaveLength(12)
  })
})

test('what is sent again has its time anew, wherever it was before', async () => {
  await delivered(named('a', 20))
  const refs = (await database.store.events({ order: 'oldest first', limit: 100 })).items
  await endSpan(T + MINUTE)
  await database.store.accept(
    named('b', 15).map((id) => acceptance(id, { owed: [] })),
    T + MINUTE,
  )
  const query = { resend: true, dryRun: false, now: T + 9 * MINUTE }
  const owed = [{ sink: 'lake', orderKey: null }]
  const batch = refs.map(({ ref }) => ({ ref, cleared: false, owed }))
  expect(await database.store.owe(batch, query)).toEqual([{ sink: 'lake', count: 20 }])
  await delivered([], T + 9 * MINUTE)
  await endSpan(T + 2 * MINUTE)
  await prune({ delivered: T + 5 * MINUTE })
  expect(await spans()).toEqual(['0 waiting', '1 waiting', '2 open', '3 open'])
  expect(await statesOf('a7')).toEqual([
    ['delivered', 0],
    ['delivered', 0],
  ])
  await prune({ delivered: T + 10 * MINUTE })
  expect(await spans()).toEqual(['2 open', '3 open'])
  expect([await sizeOf('events'), await sizeOf('history')]).toEqual([0, 0])
})

describe('what outlives its span', () => {
  /** A span with something of each kind, and forty events that nobody wants; of a later one, `young`. */
  async function mixed(): Promise<void> {
    const dead = { state: 'dead', reason: 'HTTP 400' } as const
    await database.store.accept(
      ['pending', 'failing', 'late', 'dying', 'dead', 'long dead'].map((id) => acceptance(id)),
      T,
    )
    await database.store.accept([acceptance('odd', { owed: [], problems: ['odd'] })], T)
    const all = new Map((await claim()).map((one) => [one.event.id, one]))
    const end = (id: string, ...how: readonly [Parameters<typeof settlement>[1]?, number?]) => {
      const one = all.get(id)
      if (!one) throw new Error(`${id} was not due`)
      return settlement(one, ...how)
    }
    await database.store.settle([
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
    expect(await database.store.backlog()).toMatchObject([{ sink: 'lake', pending: 3, dead: 2 }])
    await prune(times)
    expect(await eventIds()).toEqual(['pending', 'failing', 'late', 'dying', 'dead', 'young'])
    expect(await database.store.backlog()).toMatchObject([{ sink: 'lake', pending: 3, dead: 1 }])
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
    await database.store.settle([settlement(failing), settlement(dying, dead)])
    expect(await database.store.backlog()).toMatchObject([{ pending: 1, dead: 2 }])
    expect(await statesOf('failing')).toEqual([['delivered', 2]])
    const batch = { now: later, dryRun: false, limit: 9 }
    expect(await database.store.retry({ filter: {} }, batch)).toEqual({ count: 2, next: null })
    const again = await claim('lake', later)
    expect(again.map(({ event }) => event.id).toSorted()).toEqual(['dead', 'dying'])
    await database.store.settle(again.map((one) => settlement(one, dead)))
    expect(await statesOf('dead')).toEqual([['dead', 2]])
    await prune({ delivered: T + 20 * MINUTE })
    expect(await eventIds()).toEqual(['pending'])
    expect(await database.store.backlog()).toMatchObject([{ sink: 'lake', pending: 1, dead: 0 }])
    expect(await statesOf('pending')).toEqual([['pending', 1]])
    expect([await sizeOf('history'), await sizeOf('attempts')]).toEqual([0, 1])
  })

  test('is an event that is owed again while its span is being emptied', async () => {
    await mixed()
    let cursor: string | undefined
    for (const _ of ['sealed', 'its deliveries', 'its events']) {
      cursor = (await pruneStep(database.store, times, cursor)).next ?? undefined
    }
    expect(await spans()).toEqual(['0 sealed', '1 open', '2 open'])
    const ref = (await database.store.event({ id: 'old7' }))?.ref ?? ''
    const owed = [{ sink: 'hr', orderKey: null }]
    const query = { resend: false, dryRun: false, now: T + 9 * MINUTE }
    const redelivery = { ref, cleared: false, owed }
    expect(await database.store.owe([redelivery], query)).toEqual([{ sink: 'hr', count: 1 }])
    await prune(times)
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect(await claim('hr', T + 9 * MINUTE)).toMatchObject([{ event: { id: 'old7' } }])
  })
})

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

describe('a step', () => {
  const old = { delivered: T + 5 * MINUTE }

  test('moves no more at a time than holds up nobody, and all in the end', async () => {
    await pend('SELECT generate_series(1, 1200)')
    await database.query('UPDATE lark_fanout.deliveries SET attempts = 400 WHERE seq <= 5')
    await beginAt(1)
    await database.query(`UPDATE lark_fanout.spans SET state = 'sealed' WHERE n = 0`)
    const moved: unknown[] = []
    let cursor: string | undefined
    while ((await spans())[0] === '0 sealed') {
      cursor = (await pruneStep(database.store, old, cursor)).next ?? undefined
      const [row] = await database.query(`
        SELECT (SELECT count(*)::integer FROM lark_fanout.deliveries WHERE kept) AS deliveries,
          (SELECT count(*)::integer FROM lark_fanout.events WHERE kept) AS events`)
      moved.push([row?.deliveries, row?.events])
    }
    const deliveries = [2, 4, 604, 1200].map((count) => [count, 0])
    const events = [500, 1000, 1200, 1200].map((count) => [1200, count])
    expect(moved).toEqual([...deliveries, ...events])
  })

  test('that fails stops no other stage, nor is it forgotten', async () => {
    await delivered(named('a', 20))
    await endSpan(T + MINUTE)
    await delivered(['b'], T + MINUTE)
    await database.query('DROP TABLE lark_fanout.attempts_0')
    await expect(prune(old)).rejects.toThrow('attempts_0')
    expect(await eventIds()).not.toContain('b')
    expect(await spans()).toEqual(['0 sealed', '1 open', '2 open'])
  })

  test('of a long walk lets the spans go first now and then', async () => {
    await pend('SELECT generate_series(1, 105)')
    await database.query('UPDATE lark_fanout.events SET kept = true')
    const stops: (string | null)[] = []
    do {
      const cursor = stops.at(-1) ?? undefined
      stops.push((await pruneStep(database.store, old, cursor, 1)).next)
    } while (stops.at(-1) !== null)
    expect(stops).toEqual([
      ...Array.from({ length: 99 }, (_, i) => `kept:${i + 1}`),
      'spans:0',
      ...Array.from({ length: 5 }, (_, i) => `kept:${i + 101}`),
      null,
    ])
  })

  test('that has to be made again takes along what it has kept before', async () => {
    await database.store.accept(
      ['failing', 'held'].map((id) => acceptance(id, { owed: ['hr'] })),
      T,
    )
    const failing = { state: 'pending', dueAt: T + 50 * MINUTE } as const
    await database.store.settle((await claim('hr')).map((one) => settlement(one, failing)))
    await delivered(named('a', 20))
    await endSpan(T + MINUTE)
    await inTransaction('SELECT FROM lark_fanout.deliveries WHERE seq = 2 FOR UPDATE', async () => {
      let cursor: string | undefined
      for (let steps = 0; steps < 3; steps++) {
        cursor = (await pruneStep(database.store, old, cursor)).next ?? undefined
      }
      expect(await database.query('SELECT seq FROM lark_fanout.deliveries WHERE kept')).toEqual([
        { seq: '1' },
      ])
    })
    await prune(old)
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect([await statesOf('failing'), await statesOf('held')]).toEqual([
      [['pending', 1]],
      [['pending', 1]],
    ])
  })
})

describe('pruning waits for nobody', () => {
  const old = { delivered: T + 5 * MINUTE }

  beforeEach(async () => {
    await delivered(named('a', 40))
    await database.store.accept([acceptance('pending', { owed: ['hr'] })], T)
    await endSpan(T + MINUTE)
  })

  test.each([
    ['a reader', 'SELECT count(*) FROM lark_fanout.events'],
    ['an accept', 'LOCK TABLE ONLY lark_fanout.events IN ROW EXCLUSIVE MODE'],
    ['an operator’s change', 'SELECT lark_fanout.lock_ledger()'],
    ['an attempt', 'LOCK TABLE ONLY lark_fanout.attempts_spans IN ROW EXCLUSIVE MODE'],
    ['whoever settles', `SELECT FROM lark_fanout.deliveries WHERE sink = 'hr' FOR UPDATE`],
  ])('%s that takes its time keeps a span for as long', async (_, sql) => {
    await inTransaction(sql, async () => {
      let cursor: string | undefined
      for (let steps = 0; steps < 6; steps++) {
        cursor = (await pruneStep(database.store, old, cursor)).next ?? undefined
      }
      expect((await spans())[0]).toMatch(/^0 /)
      await database.store.accept([acceptance('meanwhile', { owed: ['hr'] })], T)
    })
    await prune(old)
    expect(await spans()).toEqual(['1 open', '2 open'])
    expect((await claim('hr')).map(({ event }) => event.id)).toEqual(['pending', 'meanwhile'])
  })

  test('the numbers go on, whatever keeps a span', async () => {
    const accepting = 'LOCK TABLE ONLY lark_fanout.events IN ROW EXCLUSIVE MODE'
    await inTransaction(accepting, async () => {
      await database.query(`SELECT setval('lark_fanout.delivery_seq', ${1.5 * SPAN})`)
      await prune(old)
      await prune(old)
      expect(await spans()).toEqual(['0 closed', '1 closed', '2 open', '3 open'])
    })
  })
})
