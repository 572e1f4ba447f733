import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openReceiver, status } from '../receiver.ts'
import { callbackOf, FEISHU, openFolder, post, run, serve } from '../serve.ts'
import { blocksOf } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/guides/plugins.md'), 'utf8')
const [plugin = '', itsTest = ''] = blocksOf(guide, 'ts')
const [sinks = ''] = blocksOf(guide, 'yaml')
const env = { CLICKHOUSE_PASSWORD: 'a-password' }

const openPlugin = (url: string) =>
  openFolder({
    'plugins/clickhouse.ts': plugin,
    'plugins/clickhouse.test.ts': itsTest,
    'routes.yaml': `${FEISHU}${sinks.replace('http://clickhouse.internal:8123', url)}
routes: [{ name: all, to: [analytics] }]
`,
  })

test('the plugin of the guide answers to check, inserts rows, and gives up what is refused for good', async () => {
  await using receiver = await openReceiver()
  await using folder = await openPlugin(receiver.url)
  const checked = await run(folder, ['check', '--live'], { env })
  expect(checked.stdout).toContain('answers its ping')
  expect(checked).toMatchObject({ code: 0, stderr: '' })

  await using gateway = await serve(folder, env)
  const callback = callbackOf()
  await post(gateway.url, callback)
  await expect.poll(() => receiver.requests.length).toBe(2)
  const { path, headers, body } = receiver.requests[1] ?? {}
  expect(new URL(path ?? '', receiver.url).searchParams.get('query')).toBe(
    'INSERT INTO approvals.events FORMAT JSONEachRow',
  )
  expect(path).toContain(`insert_deduplication_token=${callback.uuid}`)
  expect(headers?.['x-clickhouse-key']).toBe(env.CLICKHOUSE_PASSWORD)
  expect(JSON.parse(body ?? '')).toMatchObject({ id: callback.uuid, data: callback.event })

  receiver.answerWith(status(400, {}, 'Code: 27. Cannot parse input'))
  const refused = callbackOf()
  await post(gateway.url, refused)
  await gateway.logged('dead')
  expect(receiver.requests).toHaveLength(3)
  const { stdout } = await run(folder, ['events', 'show', refused.uuid], { env })
  expect(stdout).toContain('Cannot parse input')
  expect(stdout).not.toContain(env.CLICKHOUSE_PASSWORD)
})

test('a wrong address of it is a problem with its line', async () => {
  await using folder = await openPlugin('clickhouse:8123')
  const { code, stderr } = await run(folder, ['check'], { env })
  expect(code).toBe(2)
  expect(stderr).toMatch(/routes\.yaml:\d+:\d+ {2}sinks\.analytics\.url: must be a whole address/)
})

test('its test passes', async () => {
  await using folder = await openPlugin('http://127.0.0.1:1')
  await mkdir(join(folder.path, 'node_modules/@sinclair'), { recursive: true })
  await symlink(root, join(folder.path, 'node_modules/lark-fanout'))
  const typebox = 'node_modules/@sinclair/typebox'
  await symlink(join(root, typebox), join(folder.path, typebox))
  const args = ['--test', 'plugins/clickhouse.test.ts']
  // Node's test runner says nothing to a parent that seems to be one itself.
  const { NODE_TEST_CONTEXT: _, ...ownEnv } = process.env
  const ran = spawnSync(process.execPath, args, {
    cwd: folder.path,
    env: ownEnv,
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect(ran.stdout).toMatch(/pass 1\b/)
  expect(ran.status).toBe(0)
})
