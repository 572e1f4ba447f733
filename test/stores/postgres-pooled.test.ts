import process from 'node:process'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { openPgbouncer, whyNoPgbouncer } from '../pgbouncer.ts'
import { debianPostgres, openPostgres } from '../postgres.ts'
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
  let open: () => Promise<Store>
  beforeAll(async () => {
    if (missing) throw new Error(missing)
    const server = cleanup.use(await openPostgres({ bin, initdb: LOCALE }))
    const pooler = cleanup.use(await openPgbouncer(server.port))
    open = emptyStores(await createMigrated(server), pooler.through)
  }, 60_000)
  afterAll(() => cleanup.disposeAsync())

  storeLaws('Postgres', () => open())
})
