import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openHost } from './command-host.ts'
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

test('nothing that a plugin leaves behind meets the next command', async () => {
  await using folder = await openFolder({
    'routes.yaml': FILE,
    'plugins/ends.ts': `import { defineSink } from 'lark-fanout'
process.on('message', () => process.stdout.write('still here'))
export default defineSink({ type: 'ends', options: {}, open: () => ({ async deliver() {} }) })
`,
  })
  await using elsewhere = await openFolder({})
  const args = ['check', '--config', join(folder.path, 'routes.yaml')]
  expect((await run(elsewhere, args)).code).toBe(0)
  expect((await run(elsewhere, ['--version'])).stdout).toMatch(/^lark-fanout/)
})

/** Prints its id, its end, and what it is told to beyond it; at a signal a word between two commands. */
const TALKATIVE = `
process.on('SIGUSR2', () => process.stdout.write('a word'))
process.on('message', ({ args: [more] }) => {
  process.stdout.write(process.pid + '\\0' + more)
  process.stderr.write('\\0', () => process.send(0))
})
`

async function openTalkative() {
  const folder = await openFolder({ 'child.mjs': TALKATIVE })
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const host = openHost(join(folder.path, 'child.mjs'))
  return (more = '') => host({ folder: folder.path, args: [more], env: {}, stdin: '' })
}

test('a process that prints after its command’s end is not used again', async () => {
  const talk = await openTalkative()
  const { stdout: one } = await talk('more')
  const { stdout: two } = await talk()
  expect([Number(one), Number(two)]).toEqual([expect.any(Number), expect.any(Number)])
  expect(two).not.toBe(one)
  expect((await talk()).stdout).toBe(two)
})

test('nor is one that prints while it waits', async () => {
  const talk = await openTalkative()
  const { stdout: one } = await talk()
  process.kill(Number(one), 'SIGUSR2')
  await expect.poll(() => isAlive(Number(one))).toBe(false)
  expect((await talk()).stdout).toMatch(/^\d+$/)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('one that is busy for ever ends with the process that started it', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = Object(server.address())
  await using folder = await openFolder({
    'child.mjs': `import { once } from 'node:events'
import { connect } from 'node:net'
const socket = connect(${port}, '127.0.0.1')
await once(socket, 'connect')
await new Promise((resolve) => socket.write(String(process.pid), resolve))
for (;;);
`,
    'host.ts': `import { openHost } from ${JSON.stringify(new URL('command-host.ts', import.meta.url).href)}
openHost('child.mjs')({ folder: '.', args: [], env: {}, stdin: '' })
process.stdin.once('end', () => process.exit()).resume()
`,
  })
  const host = spawn(process.execPath, ['host.ts'], { cwd: folder.path, stdio: 'pipe' })
  const socket = await new Promise<Socket>((resolve) => server.once('connection', resolve))
  const [pid] = await once(socket, 'data')
  let isGone = false
  onTestFinished(() => void (isGone || process.kill(Number(pid), 'SIGKILL')))
  host.stdin.end()
  await once(socket, 'close')
  isGone = true
})
