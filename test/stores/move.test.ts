import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { type MoveOptions, move, totalOf } from '../../src/stores/move.ts'
import { openPostgresImport, SET_ASIDE } from '../../src/stores/postgres/import.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { openSqliteExport } from '../../src/stores/sqlite-export.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { holdTable } from '../hold-table.ts'
import { openInProcess } from '../in-process.ts'
import { recordingLog } from '../log.ts'
import { type Database, sharedPostgres } from '../postgres.ts'
import { callbackOf } from '../serve.ts'
import { everything, fillStore, SINKS } from './everything.ts'
import { acceptance, LEASE, T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()

/** When it is moved: leases of T are still held. */
const NOW = T + LEASE / 2

let filled: Promise<string> | undefined

async function makeSource(): Promise<string> {
  filled ??= fillFile()
  const file = files.fresh()
  cpSync(await filled, file)
  return file
}

/** More than an index entry can hold, and no compression makes it short. */
const LONG = randomBytes(5000).toString('hex')

async function fillFile(): Promise<string> {
  const file = files.fresh()
  const store = await openSqliteStore({ file, now: () => T })
  await fillStore(store)
  await store.accept([acceptance(LONG, { owed: [] })], T)
  await store.close()
  return file
}

async function createDatabase(): Promise<Database> {
  return (await sharedPostgres()).createDatabase()
}

async function moveFile(file: string, url: string, options: Partial<MoveOptions> = {}) {
  const source = openSqliteExport(file, NOW)
  const target = openPostgresImport(url)
  try {
    const { signal } = new AbortController()
    return await move(source, target, { progress() {}, signal, ...options })
  } finally {
    source.close()
    await target.close()
  }
}

function openMoved(database: Database): Promise<Store> {
  return openPostgresStore({ url: database.url, log: recordingLog() })
}

async function expectSame(file: string, database: Database): Promise<void> {
  await using both = await openBoth(file, database)
  const { before, after } = both
  expect(await everything(after)).toEqual(await everything(before))
  await expectSameWork(before, after)
  expect(await everything(after)).toEqual(await everything(before))
}

async function openBoth(file: string, database: Database) {
  const before = await openSqliteStore({ file, now: () => NOW })
  const after = await openMoved(database)
  return {
    before,
    after,
    async [Symbol.asyncDispose]() {
      await Promise.all([before.close(), after.close()])
    },
  }
}

/** What comes later has the same numbers, and whatever is due is given in the same order, until nothing is left. */
async function expectSameWork(before: Store, after: Store): Promise<void> {
  const later = acceptance('later', { owed: SINKS.map((sink) => ({ sink, orderKey: 'k' })) })
  const known = [acceptance('plain'), acceptance(LONG)]
  for (const store of [before, after]) {
    expect(await store.accept([later], NOW)).toEqual([{ duplicate: false, granted: [] }])
    const duplicate = { duplicate: true, granted: [] }
    expect(await store.accept(known, NOW)).toEqual([duplicate, duplicate])
  }
  for (const sink of SINKS) {
    for (let now = NOW; now < NOW + 7 * LEASE; now += LEASE + 1) {
      const query = { sink, now, leaseMs: LEASE, limit: 7 }
      const [one, other] = [await before.claim(query), await after.claim(query)]
      expect(other).toEqual(one)
      expect(await after.nextDueAt(sink)).toEqual(await before.nextDueAt(sink))
      const done = one.map(({ id, claim, attempt }) => ({
        ...{ id, claim, attempt, outcome: { state: 'delivered' as const } },
        record: { at: now, durationMs: 1, status: 200, error: '', response: '' },
      }))
      for (const store of [before, after]) await store.settle(done)
    }
  }
}

test('all that a store holds is there, and goes on as it would have', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  const steps: number[] = []
  const moved = await moveFile(file, database.url, { progress: (done) => steps.push(done) })
  expect(moved).toMatchObject({ isWhole: true })
  const measures = 'measures' in moved ? moved.measures : []
  expect(measures.every(({ count }) => count > 0)).toBe(true)
  expect(steps.at(0)).toBe(0)
  expect(steps.at(-1)).toBe(totalOf(measures))
  await expectSame(file, database)
})

test('the source stays as it is, and nobody changes it meanwhile', async () => {
  const file = await makeSource()
  const hash = () => createHash('sha256').update(readFileSync(file)).digest('hex')
  const before = hash()
  const source = openSqliteExport(file)
  await expect(openSqliteStore({ file })).rejects.toThrow(/is being served by process \d+/)
  using beside = new DatabaseSync(file, { timeout: 0 })
  expect(() => beside.exec('UPDATE events SET problems = NULL')).toThrow('locked')
  source.close()
  expect(hash()).toBe(before)
})

test('a source that is served, or is not there, is refused', async () => {
  const file = await makeSource()
  const store = await openSqliteStore({ file })
  expect(() => openSqliteExport(file)).toThrow(/is being served by process \d+/)
  await store.close()
  const none = files.fresh()
  expect(() => openSqliteExport(none)).toThrow(`${none} does not exist`)
})

const CHILD = fileURLToPath(new URL('move-child.ts', import.meta.url))

/** Moves in a process of its own, which is killed some rows after these. */
async function moveAndKill(file: string, url: string, killAt: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, file, url, `${NOW}`, `${killAt}`], {
    stdio: 'inherit',
  })
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
}

test('killed wherever it is, it goes on there: nothing twice, nothing missing', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  let done = 0
  for (let kills = 0; kills < 3; kills++) {
    await moveAndKill(file, database.url, done + random(15))
    const [row] = await database.query('SELECT done FROM lark_fanout.moves')
    done = Number(row?.done)
  }
  expect(await moveFile(file, database.url)).toMatchObject({ isWhole: true })
  await expectSame(file, database)
})

test('it goes on where somebody stopped it, or the database ended its connection', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  await moveSome(file, database)
  await using held = await holdTable(database, 'lark_fanout.attempts')
  const cut = expect(moveFile(file, database.url)).rejects.toThrow(/^Postgres at 127\.0\.0\.1:/)
  await held.waitedFor()
  await endConnections(database)
  await cut
  await held.release()
  expect(await moveFile(file, database.url)).toMatchObject({ isWhole: true })
  await expectSame(file, database)
})

/** The beginning of a move, which somebody has stopped. */
async function moveSome(file: string, { url }: Database): Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  const stop = (done: number) => void (done > 20 && stopping.abort(new Error('stopped')))
  const stopped = moveFile(file, url, { batchRows: 3, signal, progress: stop })
  await expect(stopped).rejects.toThrow('stopped')
}

function endConnections(database: Database): Promise<unknown> {
  return database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'lark-fanout'`,
  )
}

test('of two at once one gives up, and nothing is there twice', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  const source = openSqliteExport(file, NOW)
  const targets = [1, 2].map(() => openPostgresImport(database.url))
  const rows = [...source.rows('events', 0)].slice(0, 5)
  const begun = await Promise.all(targets.map((target) => target.begin(source.contents)))
  expect(begun).toEqual([1, 2].map(() => ({ done: 0, endedAt: null })))
  const ends = await Promise.allSettled(targets.map((target) => target.append('events', rows, 0)))
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))
  expect(reasons).toEqual([expect.stringContaining('another lark-fanout migrate')])
  await Promise.all(targets.map((target) => target.close()))
  source.close()
  await moveFile(file, database.url)
  await expectSame(file, database)
})

test('until it is whole no gateway takes it, and then it is done', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  await moveSome(file, database)
  await expect(openMoved(database)).rejects.toThrow('lark-fanout migrate')
  await moveFile(file, database.url)
  await (await openMoved(database)).close()
  expect(await moveFile(file, database.url)).toEqual({ endedAt: expect.any(Number) })
})

const LATER = NOW + 365 * 86_400_000

test('a gateway that runs on the database already waits until it is whole: nothing is lost', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  await using cleanup = new AsyncDisposableStack()
  const store = await openMoved(database)
  cleanup.defer(() => store.close())
  const { send, postEvent, log, clock, delivered } = cleanup.use(await openInProcess(store))
  const callback = callbackOf()
  const answers = async () => [
    (await send('/readyz', {})).status,
    (await postEvent(callback)).status,
  ]

  // What is accepted as it begins waits for its lock, and must see that it has begun.
  await using held = await holdTable(database, 'lark_fanout.moves')
  const begun = moveSome(file, database)
  await waitersFor(database, 1)
  const early = postEvent(callbackOf())
  await waitersFor(database, 2)
  await held.release()
  expect((await early).status).toBe(503)
  await begun

  clock.aheadMs += 20_000
  expect(await answers()).toEqual([503, 503])
  const why = 'being moved into this database: .*lark-fanout migrate'
  expect(log.lines).toContainEqual(expect.stringMatching(`^error not ready: .*${why}`))
  expect(log.lines).toContainEqual(
    expect.stringMatching(`^error the store cannot take an event .*${why}`),
  )
  const query = { sink: 'lake', now: NOW, leaseMs: LEASE, limit: 1 }
  await expect(store.claim(query)).rejects.toThrow('lark-fanout migrate')
  const retried = store.retry({ filter: {} }, { dryRun: false, now: NOW, limit: 9 })
  await expect(retried).rejects.toThrow('lark-fanout migrate')
  const all = {
    deliveredBefore: LATER,
    deadBefore: LATER,
    identitiesBefore: LATER,
    auditBefore: LATER,
  }
  expect(await store.prune({ ...all, limit: 99 })).toEqual({ count: 0, next: null })

  expect(await moveFile(file, database.url)).toMatchObject({ isWhole: true, added: 0 })
  clock.aheadMs += 20_000
  expect(await answers()).toEqual([200, 200])
  expect(await store.claim(query)).toHaveLength(1)
  await expect.poll(() => delivered.map(({ id }) => id)).toEqual([callback.uuid])
})

/** Resolves when so many wait to begin, or for whoever does. */
async function waitersFor(database: Database, count: number): Promise<void> {
  const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'lark_fanout.moves'::regclass`
  await expect.poll(() => database.query(waiting)).toHaveLength(count)
}

test('what is being accepted as it begins is waited for, and then it is refused', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  const store = await openMoved(database)
  await using held = await holdTable(database, 'lark_fanout.tallies')
  const accepted = store.accept([acceptance('theirs')], T)
  await held.waitedFor()
  const refused = expect(moveFile(file, database.url)).rejects.toThrow('it has something already')
  await waitersFor(database, 1)
  await held.release()
  await refused
  expect(await accepted).toMatchObject([{ duplicate: false }])
  expect(await store.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 1 })).toHaveLength(1)
  await store.close()
})

test('a database that has anything else is refused, and left as it is', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  const store = await openMoved(database)
  await store.accept([acceptance('theirs')], T)
  await expect(moveFile(file, database.url)).rejects.toThrow(
    /it has something already \(events, identities, pending\): .*once its gateways have delivered.*RENAME/,
  )
  expect((await store.event({ id: 'theirs' }))?.ref).toBe('1')
  await store.close()
})

test('who is refused is told by the address that was given, whatever names it', async () => {
  const file = await makeSource()
  const { port } = await sharedPostgres()
  const url = `postgres://nobody:s3cret@127.0.0.1:${port}/postgres`
  const refused = expect(moveFile(file, url)).rejects
  await refused.toThrow(
    /^Postgres at 127\.0\.0\.1:\d+\/postgres: (?!.*(DATABASE_URL|s3cret)).*password/,
  )
})

test('a source that has changed is another one', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  await moveSome(file, database)
  const store = await openSqliteStore({ file, now: () => NOW })
  expect(await store.claim({ sink: 'lake', now: NOW, leaseMs: LEASE, limit: 1 })).toHaveLength(1)
  await store.close()
  await expect(moveFile(file, database.url)).rejects.toThrow(
    /as it was before it changed, .* in part: .*RENAME/,
  )
})

test('what somebody else has added meanwhile is noticed at the end, and is not lost by a new start', async () => {
  const file = await makeSource()
  await using database = await createDatabase()
  await moveSome(file, database)
  await database.query(`INSERT INTO lark_fanout.pauses VALUES ('theirs', 'operator', 1, '')`)
  await database.query(`INSERT INTO lark_fanout.events ${THEIRS}`)
  expect(await moveFile(file, database.url)).toMatchObject({ isWhole: false, added: 1 })
  await expect(openMoved(database)).rejects.toThrow('lark-fanout migrate')
  await database.query(SET_ASIDE)
  expect(await moveFile(file, database.url)).toMatchObject({ isWhole: true })
  expect(
    await database.query(`SELECT id FROM lark_fanout_aside.events WHERE id = 'theirs'`),
  ).toEqual([{ id: 'theirs' }])
  await (await openMoved(database)).close()
})

const THEIRS = `(seq, time, accepted_at, id, type, app_id, tenant_key, via, raw)
  VALUES (nextval('lark_fanout.event_seq'), 1, 1, 'theirs', '', '', '', '', '')`

test('numbers of any size stay, and those that follow are of one span', async () => {
  const file = await makeSource()
  using db = new DatabaseSync(file)
  db.exec(`
    UPDATE events SET seq = seq + 150000000;
    UPDATE identities SET event = event + 150000000;
    UPDATE deliveries SET event = event + 150000000, seq = seq + 380000000;
    UPDATE attempts SET delivery = delivery + 380000000;
    UPDATE sqlite_sequence SET seq = seq + 380000000 WHERE name = 'deliveries';
  `)
  await using database = await createDatabase()
  expect(await moveFile(file, database.url)).toMatchObject({ isWhole: true })
  await using both = await openBoth(file, database)
  expect(await everything(both.after)).toEqual(await everything(both.before))
  const [accepted] = await both.after.accept(
    [acceptance('later', { owed: [{ sink: 'new', claimMs: LEASE }] })],
    NOW,
  )
  expect(accepted?.granted[0]?.id).toMatch(/^38\d{7}$/)
  expect((await both.after.event({ id: 'later' }))?.ref).toBe('300000000')
})

function random(below: number): number {
  return Math.floor(Math.random() * below)
}
