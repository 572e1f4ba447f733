import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { sqliteMigrations } from '../../src/stores/migrations/sqlite.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { recordingLog } from '../log.ts'
import { openFolder } from '../serve.ts'
import { acceptance, T } from '../stores/samples.ts'
import { mountVolume, noVolumes } from './volume.ts'

const CLAIM = 'a full disk has no room for a new index: the gateway starts without it, and says so'

/** Of version 2, with what takes a megabyte to index. */
function makeFile(file: string): void {
  const db = new DatabaseSync(file)
  db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; ${sqliteMigrations.slice(0, 2).join('\n')};
    PRAGMA application_id = ${0x6c61726b}; PRAGMA user_version = 2;
    WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers LIMIT 20000)
    INSERT INTO events (id, type, app_id, tenant_key, via, time, raw, problems, accepted_at)
    SELECT 'e' || value, 'approval_cc', 'cli_a', 't', 'feishu', ${T},
      '{"event":{"instance_code":"81D31358-93AF-92D6-7425-' || value || '"}}', NULL, ${T}
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
  const code = '81D31358-93AF-92D6-7425-7'
  const { items } = await store.events({ order: 'oldest first', limit: 1, q: code })
  expect(items.map(({ ref }) => ref)).toEqual(['7'])
  await store.close()
})
