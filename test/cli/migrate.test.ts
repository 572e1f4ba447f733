import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configOf, openConnections } from '../../src/stores/postgres/connection.ts'
import { migratePostgres } from '../../src/stores/postgres/migrate.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { holdTable } from '../hold-table.ts'
import { type Database, sharedPostgres } from '../postgres.ts'
import { endOf, type Folder, openFolder, run, start } from '../serve.ts'
import { fillStore } from '../stores/everything.ts'

const PASSWORD = 'the-superusers-password'
const FROM = ['--from', 'sqlite:./store.db']

async function openFilled(): Promise<Folder> {
  const folder = await openFolder({})
  const store = await openSqliteStore({ file: join(folder.path, 'store.db') })
  await fillStore(store)
  await store.close()
  return folder
}

async function createDatabase(): Promise<Database> {
  return (await sharedPostgres()).createDatabase()
}

/** Each kind with its counts, as the table shows them. */
function countsIn(stdout: string): readonly (readonly string[])[] {
  const lines = [...stdout.matchAll(/^(\w[\w ]*?) {2,}(\d+)(?: +(\d+))?$/gm)]
  return lines.map(([, name = '', from = '', to]) => [name, from, ...(to ? [to] : [])])
}

test('counts what there is, moves it, and counts both sides', async () => {
  await using folder = await openFilled()
  await using database = await createDatabase()
  const dryRun = await run(folder, ['migrate', ...FROM, '--dry-run'])
  expect([dryRun.code, dryRun.stderr]).toEqual([0, ''])
  const counted = countsIn(dryRun.stdout)
  expect(counted.map(([name]) => name)).toEqual([
    ...['events', 'identities', 'pending deliveries', 'delivered', 'dead letters'],
    ...['attempts', 'pauses', 'audit'],
  ])
  await folder.write('.env', `DATABASE_URL=${database.url}\n`)
  const moved = await run(folder, ['migrate', ...FROM])
  expect([moved.code, moved.stderr]).toEqual([0, ''])
  expect(countsIn(moved.stdout)).toEqual(counted.map(([name, from]) => [name, from, from]))
  expect(moved.stdout).toMatch(/^sqlite:\.\/store\.db to postgres:\/\/127\.0\.0\.1:\d+\/test_\d+\n/)
  expect(moved.stdout).toMatch(/\nall of it is there: start the gateway .*\n$/)
  const again = await run(folder, ['migrate', ...FROM])
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing is left to do')])
  expect(moved.stdout + again.stdout).not.toContain(PASSWORD)
})

test('Ctrl-C ends it after the batch in hand; the same command goes on with the rest', async () => {
  await using folder = await openFilled()
  await using database = await createDatabase()
  const command = ['migrate', ...FROM, '--to', database.url]
  await makeSchema(database)
  await using held = await holdTable(database, 'lark_fanout.identities')
  const child = start(folder, command)
  const stopped = endOf(child)
  await held.waitedFor()
  child.kill('SIGINT')
  await held.release()
  const { code, stderr } = await stopped
  expect([code, stderr]).toEqual([1, expect.stringMatching(/ goes on with the rest\nstopped\n$/)])
  const rest = await run(folder, command)
  expect([rest.code, rest.stderr]).toEqual([0, expect.stringMatching(/^\d+ of \d+ rows are there/)])
  expect(rest.stdout).toContain('all of it is there')
})

test('where somebody else has written to it, the advice loses nothing of theirs', async () => {
  await using folder = await openFilled()
  await using database = await createDatabase()
  const command = ['migrate', ...FROM, '--to', database.url]
  await makeSchema(database)
  await database.query(ADD_WHEN_BEGUN)
  const { code, stderr } = await run(folder, command)
  expect([code, stderr]).toEqual([1, expect.stringMatching(/ 1 of its events .* would be lost/)])
  const [, see = ''] = /: (SELECT .* seq > \d+)\./.exec(stderr) ?? []
  expect(await database.query(see)).toMatchObject([{ id: 'theirs' }])
  const [, setAside = ''] = /\((ALTER SCHEMA .*)\)/.exec(stderr) ?? []
  await database.query(setAside)
  expect((await run(folder, command)).code).toBe(0)
  const kept = see.replace('lark_fanout.', 'lark_fanout_aside.')
  expect(await database.query(kept)).toMatchObject([{ id: 'theirs' }])
})

const ADD_WHEN_BEGUN = `
CREATE FUNCTION public.add() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO lark_fanout.events (seq, time, accepted_at, id, type, app_id, tenant_key, via, raw)
  VALUES (1000000, 1, 1, 'theirs', '', '', '', '', '');
  RETURN NULL;
END $$;
CREATE TRIGGER add AFTER INSERT ON lark_fanout.moves EXECUTE FUNCTION public.add()`

async function makeSchema({ url }: Database): Promise<void> {
  const connections = openConnections(configOf(url), 1)
  await migratePostgres(connections)
  await connections.close()
}

test('a source that is served, and a target that has something, are refused', async () => {
  await using folder = await openFilled()
  await using database = await createDatabase()
  const command = ['migrate', ...FROM, '--to', database.url]
  const store = await openSqliteStore({ file: join(folder.path, 'store.db') })
  const served = await run(folder, command)
  expect([served.code, served.stderr]).toEqual([1, expect.stringContaining('being served by')])
  await store.close()
  await database.query('CREATE SCHEMA lark_fanout')
  const foreign = await run(folder, command)
  expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining('lark_fanout')])
  expect(served.stderr + foreign.stderr).not.toContain(PASSWORD)
})

test.each([
  [['--to', 'postgres://u:s3cret@h/db'], 'postgres://u:s3cret@h/db', /^say where from: --from sql/],
  [FROM, undefined, /^say where to: --to postgres:/],
  [[...FROM, '--to', 'mysql://u:s3cret@h/db'], undefined, /^--to must be /],
  [['--from', 'postgres://u:s3cret@h/db'], undefined, /^--from must be like sqlite:/],
  [FROM, 'postgres://u:s3cret@h', /^DATABASE_URL must be postgres:/],
])('wrong usage: %j with %s', async (options, url, words) => {
  await using folder = await openFolder({})
  const { code, stdout, stderr } = await run(folder, ['migrate', ...options], {
    env: { DATABASE_URL: url },
  })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(words)
  expect(stderr).not.toContain('s3cret')
})
