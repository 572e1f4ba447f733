import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sqliteMigrations } from '../../src/stores/migrations/sqlite.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { acceptance, LEASE, T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()
const lakeQuery = { sink: 'lake', now: T, leaseMs: LEASE, limit: 9 }

function rawly<T>(file: string, look: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file)
  const seen = look(db)
  db.close()
  return seen
}

const numberIn = (db: DatabaseSync, sql: string) => Object.values(db.prepare(sql).get() ?? {})[0]

describe('one serving process', () => {
  test('a second one is refused, told who holds it, and free to come later', async () => {
    const file = files.fresh()
    const first = await openSqliteStore({ file })
    await expect(openSqliteStore({ file })).rejects.toThrow(
      new RegExp(`${file} is being served by process ${process.pid} on .+: end that one first`),
    )
    await first.accept([acceptance('e1')], T)
    await first.close()
    const second = await openSqliteStore({ file })
    expect(await second.claim(lakeQuery)).toHaveLength(1)
    await second.close()
  })

  test('also across processes, until the kernel frees what kill -9 left', async () => {
    const file = files.fresh()
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./load-child.ts', import.meta.url)), file],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(child.stdout, 'data')
    await expect(openSqliteStore({ file })).rejects.toThrow(`served by process ${child.pid} `)
    child.kill('SIGKILL')
    await once(child, 'close')
    const store = await openSqliteStore({ file })
    await store.close()
  })

  test('others work beside it: no lock, no lease freed', async () => {
    const file = files.fresh()
    const gateway = await openSqliteStore({ file })
    await gateway.accept([acceptance('held', { owed: [{ claimMs: LEASE }] })], T)
    const beside = await openSqliteStore({ file, beside: true, now: () => T })
    expect(await beside.claim(lakeQuery)).toEqual([])
    await beside.accept([acceptance('e2')], T)
    expect(await beside.backlog()).toMatchObject([{ sink: 'lake', pending: 2 }])
    expect(await gateway.claim(lakeQuery)).toMatchObject([{ event: { id: 'e2' } }])
    await beside.close()
    await gateway.close()
  })

  test('parallel starts have one winner', async () => {
    const file = files.fresh()
    const starts = await Promise.allSettled([1, 2, 3].map(() => openSqliteStore({ file })))
    const won = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const lost = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason] : []))
    expect(won).toHaveLength(1)
    for (const reason of lost) expect(String(reason)).toContain('is being served by')
    await won[0]?.close()
  })
})

describe('a file that cannot be used is named, and left as it is', () => {
  test('not a database', async () => {
    const file = files.fresh()
    const text = 'Dear diary, today I was mistaken for a database. '.repeat(99)
    writeFileSync(file, text)
    await expect(openSqliteStore({ file })).rejects.toThrow(
      `${file}: file is not a database: restore a backup, or move the file away`,
    )
    expect(readFileSync(file, 'utf8')).toBe(text)
    renameSync(file, `${file}.bak`)
    await (await openSqliteStore({ file })).close()
  })

  test('a database that is damaged', async () => {
    const file = files.fresh()
    const store = await openSqliteStore({ file })
    await store.accept(
      Array.from({ length: 50 }, (_, i) => acceptance(`e${i}`)),
      T,
    )
    await store.close()
    const bytes = readFileSync(file)
    bytes.fill(0x5a, 4096)
    writeFileSync(file, bytes)
    await expect(openSqliteStore({ file })).rejects.toThrow(/malformed.*: restore a backup/)
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  test('the database of another program', async () => {
    const file = files.fresh()
    rawly(file, (db) => db.exec('CREATE TABLE recipes (title TEXT)'))
    const before = readFileSync(file)
    await expect(openSqliteStore({ file })).rejects.toThrow('database of another program')
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('a newer version’s', async () => {
    const file = files.fresh()
    await (await openSqliteStore({ file })).close()
    rawly(file, (db) => db.exec('PRAGMA user_version = 999'))
    await expect(openSqliteStore({ file })).rejects.toThrow(/newer lark-fanout \(schema 999/)
    expect(rawly(file, (db) => numberIn(db, 'PRAGMA user_version'))).toBe(999)
  })

  test('a folder that is not there, where the path is absolute', async () => {
    const file = join(files.folder, 'not-mounted', 'lark-fanout.db')
    await expect(openSqliteStore({ file })).rejects.toThrow(/not-mounted is not a folder: make it/)
    expect(existsSync(dirname(file))).toBe(false)
  })

  test('a folder that takes no files', async () => {
    await expect(openSqliteStore({ file: '/proc/lark-fanout.db' })).rejects.toThrow(
      '/proc/lark-fanout.db: unable to open database file: the folder must exist, and be writable',
    )
  })

  test('a folder in its place', async () => {
    const file = files.fresh()
    mkdirSync(file)
    await expect(openSqliteStore({ file })).rejects.toThrow(`${file}: unable to open database file`)
  })

  test('beside nothing, nothing is made', async () => {
    const file = files.fresh()
    await expect(openSqliteStore({ file, beside: true })).rejects.toThrow('does not exist')
    expect(existsSync(file)).toBe(false)
  })

  test('beside an older version’s, which only the gateway may change', async () => {
    const file = files.fresh()
    await (await openSqliteStore({ file })).close()
    rawly(file, (db) => db.exec('PRAGMA user_version = 0'))
    await expect(openSqliteStore({ file, beside: true })).rejects.toThrow('older lark-fanout')
  })
})

describe('a fresh file', () => {
  test('its folder is made where the path is relative', async () => {
    const file = join(files.folder, 'data', 'deep', 'lark-fanout.db')
    await (await openSqliteStore({ file: relative(process.cwd(), file) })).close()
    expect(existsSync(file)).toBe(true)
  })

  test('is WAL, can shrink, and is marked as ours', async () => {
    const file = files.fresh()
    await (await openSqliteStore({ file })).close()
    const pragmas = ['journal_mode', 'auto_vacuum', 'application_id', 'user_version']
    expect(rawly(file, (db) => pragmas.map((name) => numberIn(db, `PRAGMA ${name}`)))).toEqual([
      'wal',
      2,
      0x6c61726b,
      sqliteMigrations.length,
    ])
  })

  test('an empty file is a fresh one', async () => {
    const file = files.fresh()
    writeFileSync(file, '')
    const store = await openSqliteStore({ file })
    await store.accept([acceptance('e1')], T)
    expect(await store.backlog()).toHaveLength(1)
    await store.close()
  })
})
