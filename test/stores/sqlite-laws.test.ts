import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { storeLaws } from '../suites/store.ts'
import { CONTENT, deleting } from './emptying.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()

let file = ''

storeLaws('SQLite', open, empty)

function open() {
  file = files.fresh()
  return openSqliteStore({ file })
}

async function empty() {
  using db = new DatabaseSync(file)
  db.exec(`BEGIN; ${deleting(db.prepare(CONTENT).all())} COMMIT`)
}
