import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { sqliteMigrations } from '../../src/stores/migrations/sqlite.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
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
    expect(await store.event('e2')).toMatchObject({ ref: '2', deliveries: [{ state: 'pending' }] })
    expect(await store.event('e1')).toMatchObject({ ref: '4', event: { appId: 'cli_b' } })
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
    expect(await store.retry({ filter: { event: 'e1' } }, batch)).toEqual({ count: 1, next: null })
    const claimed = await store.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 9 })
    expect(claimed).toMatchObject([{ event: { id: 'e1', appId: 'cli_a' }, claim: 2, attempt: 1 }])
    await store.close()
  })
})
