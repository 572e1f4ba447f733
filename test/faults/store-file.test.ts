import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { callbackOf, type Folder, openFolder, post, sealed, serve } from '../serve.ts'
import { acceptance } from '../stores/samples.ts'
import {
  createSender,
  eventually,
  full,
  fullTest,
  openConsumer,
  routesTo,
  settle,
  TIRELESS,
} from './harness.ts'
import { mountVolume, noVolumes } from './volume.ts'

const nobody = { type: 'webhook', url: 'http://127.0.0.1:9', ...TIRELESS }

const PAGE = 4096

const fileIn = (folder: Folder) => join(folder.path, 'data/lark-fanout.db')

/** A store that owes `nobody` some events, left in order. */
async function fillStore(folder: Folder, events = 1): Promise<void> {
  await folder.write('routes.yaml', routesTo({ nobody }))
  mkdirSync(join(folder.path, 'data'), { recursive: true })
  const store = await openSqliteStore({ file: fileIn(folder) })
  const owed = ['nobody']
  const batch = Array.from({ length: events }, (_, n) => acceptance(`stored-${n}`, { owed }))
  await store.accept(batch, Date.now())
  await store.close()
}

describe.concurrent('at the start: exit code 1, and what to do', () => {
  test('the header of the file is garbage', async () => {
    await using folder = await openFolder({})
    await fillStore(folder)
    const bytes = readFileSync(fileIn(folder)).fill(0xa5, 0, 100)
    writeFileSync(fileIn(folder), bytes)
    await expect(serve(folder)).rejects.toThrow(
      /ended \(1\)[\s\S]*not a database: restore a backup, or move the file away/,
    )
    expect(readFileSync(fileIn(folder)).equals(bytes)).toBe(true)
  })

  test('another process keeps the file locked', async () => {
    await using folder = await openFolder({})
    await fillStore(folder)
    const other = new DatabaseSync(fileIn(folder), { timeout: 10_000 })
    other.exec('BEGIN IMMEDIATE')
    await expect(serve(folder)).rejects.toThrow(/ended \(1\)[\s\S]*another process keeps/)
    other.close()
    await using gateway = await serve(folder)
    expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
  })

  test('another gateway serves the file, whatever link leads to it', async () => {
    await using folder = await openFolder({ 'routes.yaml': routesTo({ nobody }) })
    await using first = await serve(folder)
    await expect(serve(folder)).rejects.toThrow(/ended \(1\)[\s\S]*being served/)
    symlinkSync('data/lark-fanout.db', join(folder.path, 'alias.db'))
    const alias = { DATABASE_URL: 'sqlite:./alias.db' }
    await expect(serve(folder, alias)).rejects.toThrow(/ended \(1\)[\s\S]*being served/)
    expect(await post(first.url, callbackOf())).toBe('200 accepted')
  })

  fullTest('the volume is not mounted', async () => {
    await using folder = await openFolder({ 'routes.yaml': routesTo({ nobody }) })
    const file = join(folder.path, 'not-mounted/lark-fanout.db')
    await expect(serve(folder, { DATABASE_URL: `sqlite:${file}` })).rejects.toThrow(
      /ended \(1\)[\s\S]*mount the volume/,
    )
    expect(existsSync(join(folder.path, 'not-mounted'))).toBe(false)
  })

  const isRoot = process.getuid?.() === 0
  const missing = isRoot ? noVolumes : undefined
  const title = 'the file is read-only'
  test.skipIf(!full || missing)(missing ? `${title}: ${missing}` : title, async () => {
    await using folder = await openFolder({})
    // For root no file is read-only, but a volume is.
    using volume = isRoot ? mountVolume(join(folder.path, 'data')) : undefined
    await fillStore(folder)
    if (volume) volume.makeReadOnly()
    else {
      chmodSync(fileIn(folder), 0o400)
      chmodSync(join(folder.path, 'data'), 0o500)
    }
    await expect(serve(folder)).rejects.toThrow(/ended \(1\)[\s\S]*writable/)
    // So that it can be removed.
    if (!volume) chmodSync(join(folder.path, 'data'), 0o700)
  })
})

describe.concurrent('while it runs: 503, and nothing that was acknowledged is lost', () => {
  test('another process keeps the file locked for a while', async () => {
    await using consumer = await openConsumer()
    const sink = { type: 'webhook', url: consumer.url, ...TIRELESS }
    await using folder = await openFolder({ 'routes.yaml': routesTo({ consumer: sink }) })
    await using gateway = await serve(folder)
    const sender = createSender()
    expect(await sender.send(gateway.url)).toBe('200 accepted')
    // The gateway may still be writing how that was delivered.
    const other = new DatabaseSync(fileIn(folder), { timeout: 10_000 })
    other.exec('BEGIN IMMEDIATE')
    const refused = await fetch(`${gateway.url}/webhook/event`, {
      method: 'POST',
      ...(await sealed(callbackOf())),
    })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '15'])
    await gateway.logged('another process keeps the database locked')
    other.close()
    // What waited for the lock may be overdue a moment longer.
    await eventually(() => sender.send(gateway.url), '200 accepted')
    await settle('store locked by another process', sender, [consumer])
  })

  test('the file is gone: what could not be found again is not acknowledged', async () => {
    await using folder = await openFolder({ 'routes.yaml': routesTo({ nobody }) })
    await using gateway = await serve(folder)
    expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
    expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600)
    await rm(join(folder.path, 'data'), { recursive: true })
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
    await gateway.logged('is gone')
    expect(await post(gateway.url, callbackOf())).toBe('503')
    expect(existsSync(fileIn(folder))).toBe(false)
  })

  fullTest(
    'another file stands in its place: what would go into the old one is not acknowledged',
    async () => {
      await using folder = await openFolder({})
      await fillStore(folder)
      copyFileSync(fileIn(folder), join(folder.path, 'backup'))
      await using gateway = await serve(folder)
      renameSync(join(folder.path, 'backup'), fileIn(folder))
      expect(await post(gateway.url, callbackOf())).toBe('503')
      await gateway.logged('Restart the gateway')
      gateway.signal('SIGKILL')
      await using again = await serve(folder)
      expect(await post(again.url, callbackOf())).toBe('200 accepted')
    },
  )

  test('a page among the events is damaged: people are told, and the other sinks get theirs', async () => {
    await using folder = await openFolder({})
    await fillStore(folder, 300)
    const bytes = readFileSync(fileIn(folder))
    const page = Math.floor(bytes.indexOf('"uuid":"stored-150"') / PAGE) * PAGE
    writeFileSync(fileIn(folder), bytes.fill(0xa5, page, page + PAGE))
    await using consumer = await openConsumer()
    const sink = { type: 'webhook', url: consumer.url, ...TIRELESS }
    await folder.write('routes.yaml', routesTo({ nobody, consumer: sink }))
    await using gateway = await serve(folder)
    await gateway.logged('restore a backup')
    const sender = createSender()
    // Whoever shares a transaction with a read of the damaged page is sent again.
    while (sender.count < 50) expect(await sender.send(gateway.url)).toMatch(/^(200 |503$)/)
    await settle('a page of the store damaged', sender, [consumer])
  })
})
