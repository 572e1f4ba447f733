import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { explainError, faultOf, isBusy } from '../../src/stores/sqlite-errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'lark-fanout-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'events.db')

/** What SQLite itself throws. */
function thrownBy(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}

function lockedTwice(): void {
  const [one, two] = [new DatabaseSync(file), new DatabaseSync(file, { timeout: 0 })]
  try {
    one.exec('BEGIN IMMEDIATE')
    two.exec('BEGIN IMMEDIATE')
  } finally {
    one.close()
    two.close()
  }
}

function filledUp(): void {
  using db = new DatabaseSync(file)
  db.exec('PRAGMA max_page_count = 1; CREATE TABLE large (x); INSERT INTO large VALUES (1)')
}

function writtenWhereItMayNot(): void {
  new DatabaseSync(file).close()
  using db = new DatabaseSync(file, { readOnly: true })
  db.exec('PRAGMA user_version = 1')
}

function openedWithoutFolder(): void {
  new DatabaseSync(join(folder, 'nowhere', 'events.db'))
}

function readFromGarbage(): void {
  const garbage = join(folder, 'garbage.db')
  writeFileSync(garbage, 'no database. '.repeat(1000))
  using db = new DatabaseSync(garbage)
  db.prepare('PRAGMA user_version').get()
}

test.each([
  { cause: lockedTwice, advice: 'another process keeps', busy: true, fault: 'database' },
  { cause: filledUp, advice: 'free some space', busy: false, fault: 'database' },
  { cause: writtenWhereItMayNot, advice: 'writable', busy: false, fault: 'database' },
  { cause: openedWithoutFolder, advice: 'the folder must exist', busy: false, fault: 'database' },
  { cause: readFromGarbage, advice: 'restore a backup', busy: false, fault: 'database' },
])(
  '$cause.name: known by its code, and by its words where there is none',
  ({ cause, advice, busy, fault }) => {
    const error = thrownBy(cause)
    expect(error).toHaveProperty('errcode')
    // As Deno throws it.
    const bare = Object.assign(new Error(error.message), { code: 'ERR_SQLITE_ERROR' })
    for (const each of [error, bare]) {
      expect(explainError(each, file).message).toContain(advice)
      expect([isBusy(each), faultOf(each)]).toEqual([busy, fault])
    }
  },
)

test('words of another origin mean nothing', () => {
  expect(faultOf(new Error('database is locked'))).toBe('call')
})
