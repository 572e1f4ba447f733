import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { configOf } from '../../src/stores/postgres/connection.ts'
import { createNotices } from '../../src/stores/postgres/notices.ts'
import { recordingLog } from '../log.ts'
import { openPgbouncer, type Pgbouncer, whyNoPgbouncer } from '../pgbouncer.ts'
import { debianPostgres, openPostgres, type PostgresServer } from '../postgres.ts'
import { storeLaws } from '../suites/store.ts'
import { createMigrated, emptyStores } from './postgres-stores.ts'

/** `required`: what is missing fails. Without it nothing runs here: `npm test` asks the same of one server. */
const required = process.env.POSTGRES === 'required'
const bin = debianPostgres()
const missing =
  process.env.POSTGRES === undefined
    ? '`npm run test:postgres` asks it'
    : bin === undefined
      ? 'no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql'
      : whyNoPgbouncer()

/** Which sorts texts otherwise than their characters' numbers do. */
const LOCALE = ['--locale-provider=icu', '--icu-locale=en']

const title = 'Debian’s PostgreSQL, through pgbouncer in transaction mode'
describe.skipIf(missing && !required)(missing ? `${title}: SKIPPED, ${missing}` : title, () => {
  const cleanup = new AsyncDisposableStack()
  let server: PostgresServer
  let pooler: Pgbouncer
  let open: () => Promise<Store>
  beforeAll(async () => {
    if (missing) throw new Error(missing)
    server = cleanup.use(await openPostgres({ bin, initdb: LOCALE }))
    pooler = cleanup.use(await openPgbouncer(server.port))
    open = emptyStores(await createMigrated(server), pooler.through)
  }, 60_000)
  afterAll(() => cleanup.disposeAsync())

  storeLaws('Postgres', () => open())

  test('a pooler is told before anything is left on its connections', async () => {
    const log = recordingLog()
    const config = configOf(pooler.through(server.url))
    const notices = createNotices(async () => [], { config, isDirect: false }, log)
    notices.listen(() => {})
    await expect.poll(() => log.lines).toEqual([expect.stringContaining('a pooler keeps')])
    await notices.close()
    const left = await server.query(`SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
    expect(left).toEqual([])
  })
})
