import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { sqliteMigrations } from '../../src/stores/migrations/sqlite.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { recordingLog } from '../log.ts'
import { openFolder } from '../serve.ts'
import { acceptance, T } from '../stores/samples.ts'
import { mountVolume, noVolumes } from './volume.ts'

const run = promisify(execFile)

const CLAIM = 'a full disk has no room for a new index: the gateway starts without it, and says so'

const INSTANCE = '81D31358-93AF-92D6-7425-'

/** Of version 2, with 20,000 events, whose codes begin with this. */
function makeFile(file: string, code = INSTANCE): void {
  const db = new DatabaseSync(file)
  db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; ${sqliteMigrations.slice(0, 2).join('\n')};
    PRAGMA application_id = ${0x6c61726b}; PRAGMA user_version = 2;
    WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers LIMIT 20000)
    INSERT INTO events (id, type, app_id, tenant_key, via, time, raw, problems, accepted_at)
    SELECT 'e' || value, 'approval_cc', 'cli_a', 't', 'feishu', ${T},
      '{"event":{"instance_code":"${code}' || value || '"}}', NULL, ${T}
    FROM numbers`)
  db.close()
}

test.skipIf(noVolumes)(noVolumes ? `${CLAIM}: ${noVolumes} (needs root)` : CLAIM, async () => {
  await using folder = await openFolder({})
  const data = join(folder.path, 'data')
  using volume = mountVolume(data)
  const file = join(data, 'lark-fanout.db')
  makeFile(file)
  const room = join(data, 'room')
  writeFileSync(room, Buffer.alloc(400 * 1024))
  volume.fill()
  rmSync(room)
  const log = recordingLog()
  const store = await openSqliteStore({ file, now: () => T, log })
  expect(log.lines).toEqual([expect.stringMatching(/^warn .* no index .*: make room/)])
  expect(await store.accept([acceptance('new')], T)).toMatchObject([{ duplicate: false }])
  const seventh = { order: 'oldest first', limit: 1, q: `${INSTANCE}7` } as const
  const { items } = await store.events(seventh)
  expect(items.map(({ ref }) => ref)).toEqual(['7'])
  await store.close()
})

const SORTS =
  'a container may have no other folder to write to: a new index is made beside the file'

test.skipIf(noVolumes)(noVolumes ? `${SORTS}: ${noVolumes} (needs root)` : SORTS, async () => {
  await using folder = await openFolder({})
  // More than SQLite sorts in memory.
  makeFile(join(folder.path, 'lark-fanout.db'), INSTANCE.repeat(40))
  const store = new URL('../../src/stores/sqlite-node.ts', import.meta.url)
  const open = `const { openSqliteStore } = await import('${store}')
const warn = console.log
const log = { warn }
const store = await openSqliteStore({ file: '/mnt/lark-fanout.db', now: Date.now, log })
console.log('open')
await store.close()`
  const readOnly = ['/tmp', '/var/tmp'].map(
    (path) => `mount --bind ${path} ${path} && mount -o remount,bind,ro ${path}`,
  )
  await folder.write('open.mjs', open)
  const script = [`mount --bind ${folder.path} /mnt`, ...readOnly, 'cd /proc', 'exec "$@"'].join(
    '&&',
  )
  const node = [process.execPath, '/mnt/open.mjs']
  const { stdout } = await run('unshare', ['-m', 'sh', '-c', script, 'sh', ...node])
  expect(stdout).toBe('open\n')
})
