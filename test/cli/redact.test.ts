import { expect, test } from 'vitest'
import { readHiding } from '../../src/cli/data/hiding.ts'
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
})

const hidden = async (text?: string) => {
  await using folder = await openFolder(text === undefined ? {} : { 'routes.yaml': text })
  const said: string[] = []
  const { redact, sinks } = await readHiding(`${folder.path}/routes.yaml`, (line) =>
    said.push(line),
  )
  return { said, fields: [...redact.fields], order: sinks.get('out')?.settings.orderBy }
}

test('a file that is wrong elsewhere hides all the same', async () => {
  const text = 'version: one\nshards: 7\nsinks: { out: { order_by: user_id } }\nredact: [user_id]'
  expect(await hidden(text)).toEqual({ said: [], fields: ['user_id'], order: 'user_id' })
  expect(await hidden('version: 1')).toMatchObject({ said: [], fields: [] })
})

test('what cannot be read hides nothing, and that is said', async () => {
  const unread = [expect.stringMatching(/^nothing is redacted, for routes.yaml cannot be read: /)]
  expect((await hidden()).said).toEqual(unread)
  expect((await hidden('redact: [user_id')).said).toEqual(unread)
  const some = await hidden(`redact: [user_id, 7, "\${FIELD}"]`)
  expect(some).toMatchObject({
    fields: ['user_id'],
    said: [expect.stringMatching(/^what redact /)],
  })
  expect((await hidden('redact: user_id')).said).toHaveLength(1)
})
