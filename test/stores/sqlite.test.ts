import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RefusedCallError } from '../../src/core/errors.ts'
import { freeLeases } from '../../src/stores/sqlite/outbox.ts'
import type { Asks } from '../../src/stores/sqlite.ts'
import { answerAll, type Call } from '../../src/stores/sqlite-calls.ts'
import { explainError } from '../../src/stores/sqlite-errors.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { openConnection } from './connection.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()
const PAGE = 4096

function open() {
  const file = files.fresh()
  const connection = openConnection(file)
  const answer = (...calls: readonly Call[]) =>
    answerAll(connection.driver, connection.statements, calls)
  return { file, ...connection, answer }
}

const acceptCall = (
  id: string,
  change: Partial<Asks['accept']['batch'][number]['event']> = {},
): Call => {
  const { event, ...others } = acceptance(id)
  return { name: 'accept', ask: { batch: [{ event: { ...event, ...change }, ...others }], now: T } }
}

describe('a batch of calls', () => {
  test('one faulty call fails alone; its neighbours are stored', async () => {
    const store = await openSqliteStore({ file: files.fresh() })
    const faulty = acceptance('faulty')
    const results = await Promise.allSettled([
      store.accept([acceptance('e1')], T),
      store.accept(
        [acceptance('half'), { ...faulty, event: { ...faulty.event, time: Number.NaN } }],
        T,
      ),
      store.accept([acceptance('e2')], T),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results).toMatchObject([{}, { reason: expect.any(RefusedCallError) }, {}])
    const claimed = await store.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 9 })
    expect(claimed.map(({ event }) => event.id)).toEqual(['e1', 'e2'])
    expect(await store.accept([acceptance('half')], T)).toMatchObject([{ duplicate: false }])
    await store.close()
  })

  test('a damaged page fails whoever reads it, and nobody who shares the batch', () => {
    const { file, db, answer } = open()
    answer(...Array.from({ length: 300 }, (_, i) => acceptCall(`e${i}`)))
    db.close()
    const bytes = readFileSync(file)
    const page = Math.floor(bytes.indexOf('"uuid":"e150"') / PAGE) * PAGE
    expect(page).toBeGreaterThan(0)
    writeFileSync(file, bytes.fill(0xa5, page, page + PAGE))
    const { driver, statements } = openConnection(file)
    const reads = {
      name: 'claim',
      ask: { sink: 'lake', now: T, leaseMs: LEASE, limit: 300 },
    } as const
    expect(answerAll(driver, statements, [reads, acceptCall('new')])).toMatchObject([
      { error: { message: expect.stringContaining('malformed') }, refused: false },
      { answer: [{ duplicate: false }] },
    ])
  })

  test('a full disk rejects all of them, and forgets them; with space again all goes on', () => {
    const { file, db, answer } = open()
    const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count)
    const large = (id: string) =>
      acceptCall(id, { raw: JSON.stringify({ pad: 'x'.repeat(100_000) }) })
    expect(answer(acceptCall('before'))).not.toHaveProperty('0.error')
    db.exec(`PRAGMA max_page_count = ${pages + 10}`)
    const failed = answer(acceptCall('small'), large('large'), acceptCall('later'))
    for (const outcome of failed) {
      expect(explainError(outcome.error, file).message).toBe(
        `${file}: database or disk is full: free some space on its disk`,
      )
      expect(outcome).toMatchObject({ refused: false })
    }
    expect(failed).toHaveLength(3)
    db.exec('PRAGMA max_page_count = 1000000')
    const stored = answer(acceptCall('small'), large('large'), acceptCall('before'))
    expect(stored).toMatchObject([
      { answer: [{ duplicate: false }] },
      { answer: [{ duplicate: false }] },
      { answer: [{ duplicate: true }] },
    ])
    db.close()
  })

  test('a check writes, so that it fails when nothing can be written', () => {
    const { db, answer } = open()
    const times = () => db.prepare('SELECT times FROM checked').get()?.times
    answer({ name: 'check', ask: null }, { name: 'check', ask: null })
    expect(times()).toBe(2)
    db.exec('PRAGMA query_only = ON')
    expect(answer({ name: 'check', ask: null })).toMatchObject([{ error: expect.any(Error) }])
    db.close()
  })
})

test('a closed store says so, and opens nothing again', async () => {
  const store = await openSqliteStore({ file: files.fresh() })
  await store.close()
  const asked = [store.accept([acceptance('e1')], T), store.check(), store.backlog()]
  for (const one of asked) await expect(one).rejects.toThrow('the store is closed')
})

describe('the writing connection', () => {
  test('flushes at every commit, and waits for other writers', () => {
    const { db } = open()
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
    expect(db.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 2000 })
    db.close()
  })

  test('claims, counts and looks for heads without reading what is settled or waits behind', () => {
    const asked: string[] = []
    const { db, driver, statements } = openConnection(files.fresh(), (sql) => {
      if (sql.startsWith('SELECT')) asked.push(sql)
    })
    const batch = [acceptance('e1', { owed: [{ orderKey: 'k' }] })]
    driver.transaction(() => statements.accept({ batch, now: T }))
    statements.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 9 })
    expect(statements.backlog(null)).toHaveLength(1)
    for (const sql of asked) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
      const steps = plan.map(({ detail }) => String(detail))
      expect(steps.filter((step) => /SCAN (?!tallies)|TEMP B-TREE/.test(step))).toEqual([])
    }
    expect(asked).toHaveLength(4)
    db.close()
  })

  test('frees leases as it opens without reading what is due already', () => {
    const asked: string[] = []
    const { db, driver, statements } = openConnection(files.fresh(), (sql) => asked.push(sql))
    const owed = [{ orderKey: 'k' }]
    const batch = ['e1', 'e2'].map((id) => acceptance(id, { owed }))
    driver.transaction(() => statements.accept({ batch, now: T }))
    const query = { sink: 'lake', now: T, leaseMs: LEASE, limit: 9 }
    expect(statements.claim(query)).toHaveLength(1)
    expect(statements.claim({ ...query, now: T + 1 })).toEqual([])
    asked.length = 0
    freeLeases(driver, T + 1)
    const [search = ''] = asked
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${search}`).all()
    expect(plan.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^SCAN t\b/),
      'SEARCH d USING INDEX due (sink=? AND due_at>?)',
    ])
    expect(statements.claim({ ...query, now: T + 1 })).toMatchObject([{ event: { id: 'e1' } }])
    db.close()
  })
})

describe('the attempts that people read', () => {
  test('none for a success at once; each failure, and the success after them', () => {
    const { db, statements } = open()
    const query = { sink: 'lake', leaseMs: LEASE, limit: 9 }
    statements.accept({ batch: [acceptance('easy'), acceptance('hard')], now: T })
    const [easy, hard] = statements.claim({ ...query, now: T })
    if (!easy || !hard) throw new Error('two were due')
    const retry = { state: 'pending' as const, dueAt: T + MINUTE }
    statements.settle({ batch: [settlement(easy), settlement(hard, retry), settlement(hard)] })
    const [again] = statements.claim({ ...query, now: T + MINUTE })
    if (!again) throw new Error('it was due')
    statements.settle({ batch: [settlement(again)] })
    expect(db.prepare('SELECT delivery, n, error FROM attempts ORDER BY seq').all()).toEqual([
      { delivery: Number(hard.id), n: 1, error: 'no answer within 10000 ms' },
      { delivery: Number(hard.id), n: 2, error: '' },
    ])
    const ends = db.prepare('SELECT state, attempts, settled_at - ? AS ms, reason FROM deliveries')
    expect(ends.all(T)).toEqual([
      { state: 'delivered', attempts: 1, ms: 20, reason: null },
      { state: 'delivered', attempts: 2, ms: 20, reason: null },
    ])
    db.close()
  })

  test('a fraction of a millisecond is no reason to lose anything', () => {
    const { db, statements } = open()
    const { event, ...others } = acceptance('e1')
    statements.accept({ batch: [{ event: { ...event, time: T + 0.7 }, ...others }], now: T })
    const [held] = statements.claim({ sink: 'lake', now: T, leaseMs: 0.5, limit: 1 })
    if (!held) throw new Error('it was due')
    const late = settlement(held, { state: 'pending', dueAt: T + 0.2 })
    statements.settle({ batch: [{ ...late, record: { ...late.record, durationMs: 1.5 } }] })
    expect(held.event.time).toBe(T)
    expect(db.prepare('SELECT due_at - ? AS ms FROM deliveries').get(T)).toEqual({ ms: 1 })
    db.close()
  })
})
