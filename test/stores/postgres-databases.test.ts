import { expect, test } from 'vitest'
import { configOf, openConnections } from '../../src/stores/postgres/connection.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { silentLog } from '../log.ts'
import { sharedPostgres } from '../postgres.ts'

const open = (url: string) => openPostgresStore({ url, log: silentLog })

test('a database that has no Chinese is refused before it is asked to keep any', async () => {
  const server = await sharedPostgres()
  const options = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
  await server.query(`CREATE DATABASE latin ${options}`)
  await expect(open(server.url.replace(/[^/]*$/, 'latin'))).rejects.toThrow(
    /LATIN1, which has no Chinese: CREATE DATABASE .* ENCODING 'UTF8'/,
  )
  await server.query('DROP DATABASE latin')
})

test('a schema of another role is refused: its partitions could not be dropped', async () => {
  const server = await sharedPostgres()
  await using database = await server.createDatabase()
  await (await open(database.url)).close()
  await database.query(`
    DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest';
    GRANT USAGE ON SCHEMA lark_fanout TO guest;
    GRANT ALL ON ALL TABLES IN SCHEMA lark_fanout TO guest`)
  const asGuest = database.url.replace(/\/\/[^@]*@/, '//guest:guest@')
  await expect(open(asGuest)).rejects.toThrow('belongs to the role postgres')
})

/** Whoever has waited for the lock of an order key would not see what was done under it: keys would lose their heads. */
test('transactions see what is committed, also where the database would have it otherwise', async () => {
  await using database = await (await sharedPostgres()).createDatabase()
  await database.query(`DO $$ BEGIN
    EXECUTE format(
      'ALTER DATABASE %I SET default_transaction_isolation = %L', current_database(), 'repeatable read');
  END $$`)
  const store = await open(database.url)
  const { query, close } = openConnections(configOf(database.url), 1)
  expect(await query('SHOW transaction_isolation')).toEqual([
    { transaction_isolation: 'read committed' },
  ])
  await close()
  await store.close()
  // A pooler may lose the setting.
  await expect(database.query(`SELECT lark_fanout.lock_keys('{lake}', '{a key}')`)).rejects.toThrow(
    'default_transaction_isolation',
  )
})
