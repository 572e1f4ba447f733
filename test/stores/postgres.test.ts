import { afterAll } from 'vitest'
import { sharedPostgres } from '../postgres.ts'
import { storeLaws } from '../suites/store.ts'
import { createMigrated, emptyStores } from './postgres-stores.ts'

const database = await createMigrated(await sharedPostgres())
afterAll(() => database[Symbol.asyncDispose]())

storeLaws('Postgres', emptyStores(database), database.empty)
