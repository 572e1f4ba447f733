import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { sqliteMigrations } from '../../src/stores/migrations/sqlite.ts'
import { openSqliteExport } from '../../src/stores/sqlite-export.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { recordingLog } from '../log.ts'
import { acceptance, LEASE, T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()

describe('a file of version 1', () => {
  function makeFile(): string {
    const file = files.fresh()
    const db = new DatabaseSync(file)
    db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; ${sqliteMigrations[0]};
      PRAGMA application_id = ${0x6c61726b}; PRAGMA user_version = 1;`)
    const event = db.prepare(
      `INSERT INTO events (id, type, app_id, tenant_key, via, time, raw, problems, accepted_at)
       VALUES (?, 'approval_cc', ?, 't', 'feishu', ${T}, '{"event":{"instance_code":"i1"}}', ?, ${T})`,
    )
    const identity = db.prepare(`INSERT INTO identities VALUES (?, 't', ?, ${T})`)
    for (const [id, app, problems] of [
      ['e1', 'cli_a', null],
      ['e2', 'cli_a', null],
      ['', 'cli_a', '["no id"]'],
      ['e1', 'cli_b', null],
    ] as const) {
      event.run(id, app, problems)
      if (id !== '') identity.run(app, id)
    }
    const delivery = db.prepare(
      `INSERT INTO deliveries
         (event, sink, state, due_at, leased, behind, claim, attempts, order_key, accepted_at)
       VALUES (?, 'lake', 'pending', ${T}, 0, ?, 1, 1, 'k', ${T})`,
    )
    for (const [seq, behind] of [
      [1, 0],
      [2, 1],
      [4, 1],
    ] as const)
      delivery.run(seq, behind)
    db.exec(
      `UPDATE deliveries SET state = 'dead', reason = 'HTTP 400', settled_at = ${T} WHERE seq = 1`,
    )
    db.close()
    return file
  }

  test('is brought up to date with all that is in it', async () => {
    const store = await openSqliteStore({ file: makeFile(), now: () => T })
    expect(await store.backlog()).toEqual([
      { sink: 'lake', pending: 2, dead: 1, oldestPendingAt: T },
    ])
    expect(await store.event({ id: 'e2' })).toMatchObject({
      ref: '2',
      deliveries: [{ state: 'pending' }],
    })
    expect(await store.event({ id: 'e1' })).toMatchObject({ ref: '4', event: { appId: 'cli_b' } })
    const { items } = await store.events({ order: 'newest first', limit: 9, q: 'e1' })
    expect(items.map(({ ref }) => ref)).toEqual(['4', '1'])
    const found = await store.events({ order: 'oldest first', limit: 3, q: 'i1' })
    expect(found.items.map(({ ref }) => ref)).toEqual(['1', '2', '3'])
    expect(found.next).toBe('instance:3')
    expect(found.items[0]?.event.trace).toBeUndefined()
    expect(await store.accept([acceptance('e2', { tenantKey: 't' })], T)).toMatchObject([
      { duplicate: true },
    ])
    const batch = { dryRun: false, now: T, limit: 9 }
    expect(await store.retry({ filter: { event: { id: 'e1' } } }, batch)).toEqual({
      count: 1,
      next: null,
    })
    const claimed = await store.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 9 })
    expect(claimed).toMatchObject([{ event: { id: 'e1', appId: 'cli_a' }, claim: 2, attempt: 1 }])
    await store.close()
  })

  test('is moved as it is, and stays so', () => {
    const file = makeFile()
    const hash = () => createHash('sha256').update(readFileSync(file)).digest('hex')
    const before = hash()
    const source = openSqliteExport(file)
    const [event] = source.rows('events', 0)
    expect(event).toMatchObject({ id: 'e1', traceparent: null, instance_code: 'i1' })
    expect([...source.rows('pending', 0)]).toMatchObject([{ unsettled: 0 }, { unsettled: 0 }])
    source.close()
    expect(hash()).toBe(before)
  })
})

describe('a file of version 2 with a damaged page', () => {
  const PAGE = 4096

  function makeFile(): string {
    const file = files.fresh()
    const db = new DatabaseSync(file)
    db.exec(`PRAGMA auto_vacuum = INCREMENTAL; ${sqliteMigrations.slice(0, 2).join('\n')};
      PRAGMA application_id = ${0x6c61726b}; PRAGMA user_version = 2;
      WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers LIMIT 300)
      INSERT INTO events (id, type, app_id, tenant_key, via, time, raw, problems, accepted_at)
      SELECT 'e' || value, 'approval_cc', 'cli_a', 't', 'feishu', ${T},
        '{"uuid":"e' || value || '","event":{"instance_code":"i1"}}', NULL, ${T}
      FROM numbers;
      INSERT INTO identities (app_id, tenant_key, id, accepted_at, event)
      SELECT app_id, tenant_key, id, accepted_at, seq FROM events`)
    db.close()
    const bytes = readFileSync(file)
    const page = Math.floor(bytes.indexOf('"uuid":"e150"') / PAGE) * PAGE
    expect(page).toBeGreaterThan(0)
    writeFileSync(file, bytes.fill(0xa5, page, page + PAGE))
    return file
  }

  test('starts, says so, and fails whoever reads that page', async () => {
    const log = recordingLog()
    const store = await openSqliteStore({ file: makeFile(), now: () => T, log })
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn the events have no index .* a page of them is damaged/),
    ])
    expect(await store.event({ id: 'e1' })).toMatchObject({ ref: '1' })
    await store.accept([acceptance('new', { data: { instance_code: 'i2' } })], T)
    const search = (q: string, limit: number) => store.events({ order: 'oldest first', limit, q })
    expect((await search('e300', 9)).items).toHaveLength(1)
    expect((await search('i1', 5)).items.map(({ ref }) => ref)).toEqual(['1', '2', '3', '4', '5'])
    await expect(search('i1', 300)).rejects.toThrow('malformed')
    await store.close()
  })
})
