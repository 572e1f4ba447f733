import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import type { SqlValue } from '../../src/stores/sqlite/driver.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { openConnection } from './connection.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()

const many = (count: number, wish: Parameters<typeof acceptance>[1] = {}, name = 'e') =>
  Array.from({ length: count }, (_, i) => acceptance(`${name}${i}`, wish))

describe('pruning', () => {
  /** All steps to the end; gives how many there were. */
  async function pruneAll(store: Store, before: number): Promise<number> {
    const query = {
      deliveredBefore: before,
      deadBefore: before,
      identitiesBefore: before,
      auditBefore: 0,
    }
    let steps = 0
    let cursor: string | undefined
    do {
      const { next } = await store.prune({ ...query, limit: 200, cursor })
      cursor = next ?? undefined
      steps++
    } while (cursor !== undefined)
    return steps
  }

  test('the file shrinks, while it is open', async () => {
    const file = files.fresh()
    const store = await openSqliteStore({ file })
    const data = { comment: 'x'.repeat(2000) }
    for (let i = 0; i < 10; i++) await store.accept(many(500, { owed: [], data }, `${i}-`), T)
    await store.close()
    const full = statSync(file).size
    expect(full).toBeGreaterThan(10_000_000)

    const again = await openSqliteStore({ file })
    await again.accept([acceptance('young', { owed: [] })], T + MINUTE)
    await pruneAll(again, T + MINUTE)
    expect(statSync(file).size).toBeLessThan(full / 20)
    expect((await again.events({ order: 'newest first', limit: 9 })).items).toHaveLength(1)
    await again.close()
  })

  test('where events have many deliveries, a step goes through fewer of them', async () => {
    const store = await openSqliteStore({ file: files.fresh() })
    const sinks = Array.from({ length: 900 }, (_, i) => `sink ${i}`)
    await store.accept(many(12, { owed: sinks }), T)
    await store.accept([acceptance('young', { owed: [] })], T + MINUTE)
    for (const sink of sinks) await store.discard(sink, 'discarded', { now: T, limit: 500 })
    const before = {
      deliveredBefore: T + 1,
      deadBefore: T + 1,
      identitiesBefore: T,
      auditBefore: 0,
    }
    const first = await store.prune({ ...before, limit: 200 })
    expect(first.count).toBe(4 * 901)
    await pruneAll(store, T + 1)
    expect(await store.backlog()).toEqual([])
    expect((await store.events({ order: 'newest first', limit: 9 })).items).toHaveLength(1)
    await store.close()
  })

  test('where deliveries have many attempts, too', async () => {
    const store = await openSqliteStore({ file: files.fresh() })
    const attempts = 19
    await store.accept(many(250, { owed: ['lake'] }), T)
    for (let n = 1; n <= attempts; n++) {
      const claimed = await store.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 250 })
      const outcome =
        n < attempts
          ? { state: 'pending' as const, dueAt: T }
          : { state: 'dead' as const, reason: 'HTTP 500' }
      await store.settle(claimed.map((one) => settlement(one, outcome)))
    }
    const before = {
      deliveredBefore: T + MINUTE,
      deadBefore: T + MINUTE,
      identitiesBefore: T,
      auditBefore: 0,
    }
    const first = await store.prune({ ...before, limit: 250 })
    expect(first.count).toBe(2 * Math.floor(4000 / (1 + attempts)))
    await pruneAll(store, T + MINUTE)
    expect(await store.backlog()).toEqual([])
    await store.close()
  })

  test('a trace goes with its event', async () => {
    const file = files.fresh()
    const store = await openSqliteStore({ file })
    const [old, kept] = many(2, { owed: [] }).map(({ event, ...others }) => ({
      ...others,
      event: { ...event, trace: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` },
    }))
    await store.accept(old ? [old] : [], T)
    await store.accept(kept ? [kept] : [], T + 2 * MINUTE)
    await pruneAll(store, T + MINUTE)
    await store.close()
    using db = new DatabaseSync(file)
    expect(db.prepare('SELECT event FROM traces').all()).toEqual([{ event: 2 }])
  })

  test('a ref means one event for ever, also when all of them are old', async () => {
    const store = await openSqliteStore({ file: files.fresh() })
    await store.accept(many(5, { owed: [] }), T)
    const newest = await store.event({ id: 'e4' })
    await pruneAll(store, T + MINUTE)
    await store.accept([acceptance('next', { owed: [] })], T + 2 * MINUTE)
    expect((await store.event({ id: 'next' }))?.ref).not.toBe(newest?.ref)
    await pruneAll(store, T + 3 * MINUTE)
    expect(await store.event({ ref: newest?.ref ?? '' })).toBe(null)
    await store.close()
  })
})

describe('beside a gateway that accepts', () => {
  test('another process retries 10,000 dead letters, and no accept fails', async () => {
    const file = files.fresh()
    const gateway = await openSqliteStore({ file })
    for (let i = 0; i < 20; i++) await gateway.accept(many(500, {}, `${i}-`), T)
    let cursor: string | undefined
    do {
      const step = await gateway.discard('lake', 'discarded', { limit: 500, now: T, cursor })
      cursor = step.next ?? undefined
    } while (cursor !== undefined)
    expect(await gateway.backlog()).toMatchObject([{ pending: 0, dead: 10_000 }])

    const childFile = fileURLToPath(new URL('./retry-child.ts', import.meta.url))
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
    const child = spawn(process.execPath, [childFile, file], { stdio })
    const retried = text(child.stdout)
    let ended = false
    void once(child, 'close').then(() => {
      ended = true
    })
    let accepted = 0
    while (!ended) await gateway.accept([acceptance(`new ${accepted++}`, { owed: ['hr'] })], T)
    expect(await retried).toBe('10000')
    expect(accepted).toBeGreaterThan(0)
    expect(await gateway.backlog()).toEqual(
      expect.arrayContaining([
        { sink: 'lake', pending: 10_000, dead: 0, oldestPendingAt: T },
        { sink: 'hr', pending: accepted, dead: 0, oldestPendingAt: T },
      ]),
    )
    await gateway.close()
  }, 120_000)
})

describe('what people ask for costs no more than it must', () => {
  const page = { limit: 2, after: null }
  const now = T

  test('every question has its index, or looks at a window of rows alone', () => {
    const asked = new Map<string, readonly SqlValue[]>()
    const { db, driver, statements } = openConnection(files.fresh(), (sql, values) =>
      asked.set(sql, values),
    )
    driver.transaction(() => {
      const owed = [{ orderKey: 'k' }]
      statements.accept({ batch: many(9, { owed }), now })
      const found = { ...page, q: 'e1', part: 'rest' } as const
      statements.events({ ...found, order: 'newest first', since: T, until: T + 1 })
      statements.events({ ...found, order: 'oldest first', after: 0 })
      statements.events({ ...found, order: 'oldest first', after: 0, part: 'instance' })
      statements.event({ id: 'e1' })
      statements.outcomes({ seqs: [1, 2] })
      for (const state of ['pending', 'dead', 'delivered', undefined] as const) {
        statements.deliveries({ ...page, state })
        statements.deliveries({ ...page, state, sink: 'lake', since: T, until: T + 1 })
      }
      statements.discard({ sink: 'lake', reason: 'discarded', query: { ...page, now } })
      const batch = { ...page, dryRun: false, now }
      statements.retry({ selection: { filter: { since: T } }, batch })
      statements.retry({ selection: { ids: ['1', '2'] }, batch })
      const again = { ref: '3', cleared: true, owed: [{ sink: 'hr', orderKey: 'k' }] }
      statements.owe({ batch: [again], query: { resend: true, dryRun: false, now } })
      const entry = { actor: 'api', action: 'pause', request: {}, outcome: null } as const
      statements.record({ ...entry, at: T })
      statements.audit(page)
      statements.pause({ sink: 'lake', by: 'receiver', at: T, options: '' })
      statements.resume({ sink: 'lake', only: { by: 'receiver', options: '' } })
      statements.wasOwed({ sink: 'lake' })
      const before = {
        deliveredBefore: T + 1,
        deadBefore: T + 1,
        identitiesBefore: T + 1,
        auditBefore: T + 1,
      }
      for (const stage of ['events', 'identities', 'audit', 'pages'] as const) {
        statements.prune({ ...before, limit: 2, from: { stage, after: 0 } })
      }
    })
    const steps = [...asked.keys()].flatMap((sql) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail)),
    )
    expect(
      steps.filter((step) => /^SCAN (?!CONSTANT|sqlite_schema|json_each)|TEMP B-TREE/.test(step)),
    ).toEqual([])
    expect(asked.size).toBeGreaterThan(30)
    db.close()
  })

  test('an event’s deliveries are found without its id being indexed', () => {
    const asked: string[] = []
    const { db, statements } = openConnection(files.fresh(), (sql) => asked.push(sql))
    const apps = Array.from({ length: 3 }, (_, i) => many(50, { appId: `cli_${i}` }))
    statements.accept({ batch: apps.flat(), now })
    asked.length = 0
    expect(statements.event({ id: 'e7' })).toMatchObject({ event: { appId: 'cli_2' } })
    expect(asked.length).toBeLessThan(20)
    db.close()
  })

  test('an instance is found wherever its events are, page by page', () => {
    const { db, driver, statements } = openConnection(files.fresh())
    const places = [1, 4095, 4096, 4097, 8191, 8192, 9000]
    const batch = many(9000).map((one, i) =>
      places.includes(i + 1)
        ? acceptance(`e${i}`, { data: { instance_code: 'wanted' }, owed: [] })
        : { ...one, owed: [] },
    )
    driver.transaction(() => statements.accept({ batch, now }))
    for (const order of ['newest first', 'oldest first'] as const) {
      const query = { order, limit: 2, q: 'wanted' }
      const refs: number[] = []
      let at: { next: number | null; part: 'instance' | 'rest' } = { next: null, part: 'rest' }
      do {
        const found = statements.events({ ...query, after: at.next, part: at.part })
        refs.push(...found.items.map(({ ref }) => Number(ref)))
        at = found
      } while (at.part === 'instance')
      expect(refs).toEqual(order === 'oldest first' ? places : places.toReversed())
      expect(statements.events({ ...query, after: at.next, part: at.part }).items).toEqual([])
    }
    db.close()
  })

  test('an instance is found at once, though millions of numbers are before it', () => {
    const { db, statements } = openConnection(files.fresh())
    statements.accept({ batch: [acceptance('e1', { data: { instance_code: 'wanted' } })], now })
    statements.accept({ batch: [acceptance('e2', { data: {} })], now })
    db.exec('UPDATE events SET seq = 2500000 WHERE seq = 2')
    const query = { order: 'newest first', limit: 2, after: null, part: 'rest' } as const
    const { items } = statements.events({ ...query, q: 'wanted' })
    expect(items.map(({ event }) => event.id)).toEqual(['e1'])
    db.close()
  })

  test('a list that finds nothing stops, and goes on where it stopped', () => {
    const { db, driver, statements } = openConnection(files.fresh())
    for (let i = 0; i < 24; i++) {
      driver.transaction(() => statements.accept({ batch: many(500, {}, `${i}-`), now }))
    }
    for (const order of ['newest first', 'oldest first'] as const) {
      let after: number | null = null
      let pages = 0
      do {
        const found = statements.events({ order, limit: 50, after, q: 'nobody’s', part: 'rest' })
        expect(found.items).toEqual([])
        after = found.next
        pages++
      } while (after !== null)
      expect(pages).toBe(2)
    }
    const { items, next } = statements.deliveries({ limit: 50, after: null, sink: 'hr' })
    expect([items, next]).toEqual([[], expect.any(Number)])
    expect(statements.deliveries({ limit: 50, after: next, sink: 'hr' }).next).toBe(null)
    db.close()
  })

  test('a page and a claim of large events hold some 8 MB; what is over that comes next', () => {
    const { db, statements } = openConnection(files.fresh())
    const data = { instance_code: 'large', form: 'x'.repeat(1_000_000) }
    statements.accept({ batch: many(20, { data }), now })
    for (const q of [undefined, 'large']) {
      const query = { order: 'oldest first', limit: 500, q } as const
      const first = statements.events({ ...query, after: null, part: 'rest' })
      expect(first.items.map(({ event }) => event.id)).toEqual(many(8).map(({ event }) => event.id))
      const second = statements.events({ ...query, after: first.next, part: first.part })
      expect(second.items[0]?.event.id).toBe('e8')
    }
    const claim = () => statements.claim({ sink: 'lake', now, leaseMs: LEASE, limit: 500 })
    expect([claim(), claim(), claim()].map(({ length }) => length)).toEqual([8, 8, 4])
    db.close()
  })

  test('a claim takes no more text than is asked for, and one at the least', () => {
    const { db, statements } = openConnection(files.fresh())
    statements.accept({ batch: many(6, { data: { form: 'x'.repeat(1_000) } }), now })
    const claim = (chars: number) =>
      statements.claim({ sink: 'lake', now, leaseMs: LEASE, limit: 500, chars }).length
    expect([claim(2_500), claim(1), claim(1_000_000)]).toEqual([2, 1, 3])
    db.close()
  })

  test('one event that is larger than that has a page and a claim of its own', () => {
    const { db, statements } = openConnection(files.fresh())
    statements.accept({ batch: many(3, { data: { form: 'x'.repeat(9_000_000) } }), now })
    const { items, next } = statements.events({
      order: 'oldest first',
      limit: 500,
      after: null,
      part: 'rest',
    })
    expect([items.length, next]).toEqual([1, Number(items[0]?.ref)])
    expect(statements.claim({ sink: 'lake', now, leaseMs: LEASE, limit: 500 })).toHaveLength(1)
    db.close()
  })

  test('tallies are what a count says, and a transaction that fails leaves none', () => {
    const { db, driver, statements } = openConnection(files.fresh())
    const write = (id: string) => statements.accept({ batch: [acceptance(id)], now })
    driver.transaction(() => write('e1'))
    expect(() =>
      driver.transaction(() => {
        write('e2')
        throw new Error('out of breath')
      }),
    ).toThrow('out of breath')
    driver.transaction(() => write('e3'))
    expect(statements.backlog(null)).toMatchObject([{ sink: 'lake', pending: 2, dead: 0 }])
    const [held] = statements.claim({ sink: 'lake', now, leaseMs: LEASE, limit: 1 })
    if (!held) throw new Error('it was due')
    const dead = { state: 'dead' as const, reason: 'HTTP 400' }
    driver.transaction(() => statements.settle({ batch: [settlement(held, dead)] }))
    expect(db.prepare('SELECT pending, dead FROM tallies').all()).toEqual([{ pending: 1, dead: 1 }])
    expect(
      db.prepare('SELECT state, count(*) AS n FROM deliveries GROUP BY state ORDER BY n').all(),
    ).toEqual([
      { state: 'dead', n: 1 },
      { state: 'pending', n: 1 },
    ])
    db.close()
  })
})
