import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { storeLaws } from '../suites/store.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()

storeLaws('SQLite', () => openSqliteStore({ file: files.fresh() }))
