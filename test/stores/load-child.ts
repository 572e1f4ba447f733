import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { load } from './load.ts'

const store = await openSqliteStore({ file: process.argv[2] ?? '' })
await load(store, (line) => process.stdout.write(`${line}\n`))
