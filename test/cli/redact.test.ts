import { expect, test } from 'vitest'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { sampleEvent } from '../sample-event.ts'
import { FEISHU, openFolder, run } from '../serve.ts'

test('beside the gateway people see no more than by it, though the file’s secrets are elsewhere', async () => {
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { out: { type: log, order_by: user_id } }
routes: [{ name: all, to: [out] }]
redact: [user_id]
`,
    'data/.keep': '',
  })
  const store = await openSqliteStore({ file: `${folder.path}/data/lark-fanout.db` })
  const owed = [{ sink: 'out', orderKey: 'b613t51g', claimMs: 0 }]
  const event = sampleEvent({ id: 'a', time: Date.now() })
  await store.accept([{ event, problems: [], owed }], Date.now())
  await store.close()
  const env = { FEISHU_VERIFICATION_TOKEN: undefined, FEISHU_ENCRYPT_KEY: undefined }
  const shown = await run(folder, ['events', 'show', 'a'], { env })
  expect(shown.stderr).toBe('')
  expect(shown.stdout).toContain('"user_id": "[redacted]"')
  expect(shown.stdout).toContain('"from": "b613t51g"')
  const list = await run(folder, ['deliveries', 'list', '--json'], { env })
  expect(JSON.parse(list.stdout)).toMatchObject({ sink: 'out', order_key: '[redacted]' })
  await folder.write('routes.yaml', 'version: one')
  const unread = await run(folder, ['events', 'show', 'a'], { env })
  expect(unread.stderr).toMatch(/^nothing is redacted, for routes.yaml cannot be read: /)
  expect([unread.code, unread.stdout.includes('b613t51g')]).toEqual([0, true])
})
