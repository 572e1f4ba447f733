import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqliteMigrations } from '../../src/stores/migrations/sqlite.ts'
import { restartLaws } from '../suites/restart.ts'
import { storeLaws } from '../suites/store.ts'
import { expectAcknowledged, idsOf } from './acknowledged.ts'
import { load } from './load.ts'
import { type Objects, startObjects } from './objects.ts'
import { acceptance, LEASE, T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

let objects: Objects
let named = 0
const fresh = () => `object-${named++}`

beforeAll(async () => {
  objects = await startObjects()
})
afterAll(() => objects.close())

let lawful = ''

storeLaws(
  'Durable Object',
  () => {
    lawful = fresh()
    return objects.open(lawful)
  },
  () => objects.empty(lawful),
)

restartLaws('Durable Object', () => {
  const name = fresh()
  return (now) => objects.open(name, now)
})

describe('a store in a Durable Object', () => {
  const everything = { sink: 'lake', now: T, leaseMs: LEASE, limit: 9 }

  test('what fails changes nothing, neither of its batch nor of the counts', async () => {
    const store = await objects.open(fresh())
    const { event, ...others } = acceptance('faulty')
    const faulty = { event: { ...event, time: Number.NaN }, ...others }
    await expect(store.accept([acceptance('half'), faulty], T)).rejects.toThrow('events.time')
    expect(await store.accept([acceptance('half')], T)).toMatchObject([{ duplicate: false }])
    expect(await store.backlog()).toMatchObject([{ sink: 'lake', pending: 1 }])
  })

  test('the largest message that the gateway takes in comes back to the letter', async () => {
    const store = await objects.open(fresh())
    const comment = '审'.repeat(349_000)
    const large = acceptance('large', { data: { comment } })
    expect(new TextEncoder().encode(large.event.raw).length).toBeGreaterThan(1024 * 1024 - 2000)
    await store.accept([large], T)
    expect((await store.claim(everything))[0]?.event).toEqual(large.event)
  })

  test('that is closed says so', async () => {
    const store = await objects.open(fresh())
    await store.close()
    const asked = [store.accept([acceptance('e1')], T), store.check(), store.backlog()]
    for (const one of await Promise.allSettled(asked)) {
      expect(one).toMatchObject({ reason: { message: 'the store is closed' } })
    }
  })

  test('of a newer version is refused, and stays as it is', async () => {
    const name = fresh()
    await objects.open(name)
    await objects.sql(name, 'UPDATE schema_version SET version = 999')
    await expect(objects.open(name)).rejects.toThrow(/newer lark-fanout \(schema 999/)
    expect(await objects.sql(name, 'SELECT version FROM schema_version')).toEqual([
      { version: 999 },
    ])
  })

  test('of an older version is brought up to date with all that is in it', async () => {
    const name = fresh()
    for (const statement of [
      ...sqliteMigrations.slice(0, 1),
      'CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT',
      'INSERT INTO schema_version VALUES (1)',
      `INSERT INTO events VALUES (7, 'e1', 'approval_cc', 'a', 't', 'feishu', 0, '{"event":{}}', NULL, ${T})`,
      `INSERT INTO identities VALUES ('a', 't', 'e1', ${T})`,
      `INSERT INTO deliveries VALUES (1, 7, 'lake', 'pending', ${T}, 1, 0, 1, 1, NULL, ${T}, NULL, NULL)`,
    ]) {
      await objects.sql(name, statement)
    }
    const store = await objects.open(name)
    expect(await store.claim(everything)).toMatchObject([
      { event: { id: 'e1' }, claim: 2, attempt: 1, cutShort: 1 },
    ])
    expect(await store.event({ id: 'e1' })).toMatchObject({ ref: '7' })
  })
})

describe('kill -9 of the runtime', () => {
  const files = temporaryFiles()

  test('what was acknowledged is all there, whole, and its leases are free', async () => {
    const persist = join(files.folder, 'objects')
    mkdirSync(persist)
    const before = await startObjects({ persist })
    const store = await before.open('one')
    const said: string[] = []
    let killed: Promise<void> | undefined
    const loading = load(store, (line) => {
      if (said.push(line) === 400) killed = before.kill()
    })
    await expect(loading).rejects.toThrow()
    await killed
    expect(idsOf(said, 'accepted').length).toBeGreaterThan(150)
    expect(idsOf(said, 'settled').length).toBeGreaterThan(50)

    const after = await startObjects({ persist })
    await expectAcknowledged(await after.open('one'), said)
    await after.close()
  })
})
