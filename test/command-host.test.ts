import { expect, test } from 'vitest'
import { callbackOf, FEISHU, openFolder, run } from './serve.ts'

const FILE = `${FEISHU}sinks: { a: { type: ends } }\n`

test('a command that ends its process gives that code', async () => {
  await using folder = await openFolder({
    'routes.yaml': FILE,
    'plugins/ends.ts': `process.stderr.write('it ends\\n')\nprocess.exit(7)\n`,
  })
  expect(await run(folder, ['check'])).toEqual({ code: 7, stdout: '', stderr: 'it ends\n' })
})

test('so does one that crashes; the next has another process', async () => {
  await using folder = await openFolder({
    'routes.yaml': FILE,
    'plugins/ends.ts': `setImmediate(() => { throw new Error('it crashes') })
await new Promise(() => {})
`,
  })
  const { code, stderr } = await run(folder, ['check'])
  expect([code, stderr]).toEqual([1, expect.stringContaining('it crashes')])
  expect((await run(folder, ['--version'])).code).toBe(0)
})

test('a command sees nothing of the one before', async () => {
  await using folder = await openFolder({ 'routes.yaml': FILE.replace('ends', `"\${TYPE}"`) })
  const stdin = JSON.stringify(callbackOf())
  const given = await run(folder, ['explain', '-'], { env: { TYPE: 'log' }, stdin })
  expect([given.code, given.stderr]).toEqual([0, ''])
  const { code, stderr } = await run(folder, ['check'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('TYPE')])
  await using empty = await openFolder({ 'routes.yaml': FEISHU })
  const none = await run(empty, ['explain', '-'])
  expect([none.code, none.stdout]).toEqual([2, ''])
})

test('several at once are told apart', async () => {
  await using folder = await openFolder({ 'routes.yaml': FEISHU })
  const versions = ['--version', '--version', '--help'].map((arg) => run(folder, [arg]))
  const [one, two, three] = await Promise.all(versions)
  expect(one?.stdout).toMatch(/^lark-fanout [\d.]+\n$/)
  expect(two).toEqual(one)
  expect(three?.stdout).toContain('<command> --help says more.')
})
