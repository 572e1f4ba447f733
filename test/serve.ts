import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSeal } from '../src/feishu/seal.ts'
import { setToken } from '../src/feishu/token.ts'
import { nodeCrypto } from '../src/hosts/node-crypto.ts'
import { type Ran, runInHost } from './command-host.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

export const TOKEN = 'the-apps-verification-token'
export const KEY = 'the-apps-encrypt-key'

/** The source as most tests want it. */
export const FEISHU = `version: 1
sources:
  feishu:
    type: feishu
    verification_token: \${FEISHU_VERIFICATION_TOKEN}
    encrypt_key: \${FEISHU_ENCRYPT_KEY}
`

/** A folder of its own for routes.yaml, plugins and the store. */
export interface Folder extends AsyncDisposable {
  readonly path: string
  write(name: string, text: string): Promise<void>
}

export async function openFolder(files: Readonly<Record<string, string>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'lark-fanout-test-'))
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), text)
  }
  for (const [name, text] of Object.entries(files)) await write(name, text)
  const dispose = () => rm(path, { recursive: true, force: true })
  return { path, write, [Symbol.asyncDispose]: dispose }
}

/** On top of the app's keys; undefined takes one away. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Runs `lark-fanout <args>` in a folder until it ends; in a process of its own if told by what. */
export async function run(
  folder: Folder,
  args: readonly string[],
  { env = {}, stdin = '', by }: { env?: Environment; stdin?: string; by?: By } = {},
): Promise<Ran> {
  if (!by) return runInHost({ folder: folder.path, args, env: whole(env), stdin })
  const child = start(folder, args, env, by)
  child.stdin?.end(stdin)
  return endOf(child)
}

/** How a process ends, and what it prints from now on. */
export async function endOf(child: ChildProcess): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => (stdout += chunk))
  child.stderr?.on('data', (chunk) => (stderr += chunk))
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

/** A test that runs out of time disposes of nothing. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** What runs the source: a program, and its arguments before the file's name. */
export type By = readonly [string, ...string[]]

/** For what wants a process of its own, as `build` does: its esbuild stays in the folder where it began. */
export const NODE: By = [process.execPath]

/** Starts `lark-fanout <args>`, for those who want to signal it. */
export function start(
  folder: Folder,
  args: readonly string[],
  env: Environment = {},
  [program, ...programArgs]: By = NODE,
): ChildProcess {
  const child = spawn(program, [...programArgs, MAIN, ...args], {
    cwd: folder.path,
    env: whole(env),
    stdio: 'pipe',
  })
  children.add(child.once('close', () => children.delete(child)))
  return child
}

function whole(env: Environment): Environment {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  const keys = { FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_ENCRYPT_KEY: KEY }
  return { PATH, PORT: '0', HOST: '127.0.0.1', NODE_COMPILE_CACHE, ...keys, ...env }
}

/** A gateway in a process of its own. */
export interface Served extends AsyncDisposable {
  readonly url: string
  readonly adminUrl: string
  /** Lines of the log so far. */
  readonly log: readonly string[]
  readonly pid: number
  /** Resolves when the log has a line with this text. */
  logged(text: string): Promise<string>
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGHUP' | 'SIGINT'): void
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** Resolves when it listens; rejects with what it printed when it ends before. */
export async function serve(
  folder: Folder,
  env: Environment = {},
  args: readonly string[] = [],
  by: By = NODE,
): Promise<Served> {
  const child = start(folder, ['serve', ...args], env, by)
  const log: string[] = []
  const waiting = new Set<() => void>()
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface(stream).on('line', (line) => {
      log.push(line)
      for (const look of waiting) look()
    })
  }
  const logged = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const look = () => {
        const line = log.find((each) => each.includes(text))
        if (line === undefined) return
        waiting.delete(look)
        resolve(line)
      }
      waiting.add(look)
      look()
    })
  const failed = ended.then((code) =>
    Promise.reject(new Error(`ended (${code})\n${log.join('\n')}`)),
  )
  failed.catch(() => {})
  const listening = JSON.parse(await Promise.race([logged('"listening"'), failed]))
  return {
    url: `http://127.0.0.1:${listening.port}`,
    adminUrl: `http://127.0.0.1:${listening.adminPort ?? listening.port}`,
    log,
    pid: child.pid ?? 0,
    logged,
    signal: (name) => void child.kill(name),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const seals = new Map<string, ReturnType<typeof createSeal>>()

/** A request as Feishu would make it: the app's token set, encrypted and signed. */
export function sealed(callback: object, key = KEY, token = TOKEN) {
  return sealedText(JSON.stringify(callback), key, token)
}

/** The same for a text that JSON.stringify would not write. */
export async function sealedText(text: string, key = KEY, token = TOKEN) {
  const seal = seals.get(key) ?? createSeal(key, { crypto: nodeCrypto, now: Date.now })
  seals.set(key, seal)
  return (await seal)(setToken(text, token))
}

let ids = 0

/** An approval_cc callback of now, with an id of its own. */
export function callbackOf(event: object = {}, envelope: object = {}) {
  return {
    uuid: `event-${process.pid}-${++ids}`,
    event: {
      app_id: 'cli_a0000000000000ff',
      approval_code: '7C468A54-8745-2245-9675-08B7C63E7A85',
      create_time: Date.now(),
      from: 'b613t51g',
      id: '12345',
      instance_code: '81D31358-93AF-92D6-7425-01A5D67C4E71',
      operate: 'CREATE',
      tenant_key: '2d520d3b434f175e',
      type: 'approval_cc',
      user_id: 'b613t51g',
      ...event,
    },
    token: '',
    ts: (Date.now() / 1000).toFixed(6),
    type: 'event_callback',
    ...envelope,
  }
}

/** Posts a callback as Feishu would, and gives `200 accepted`. */
export async function post(
  url: string,
  callback: object,
  key = KEY,
  token = TOKEN,
): Promise<string> {
  const message = await sealed(callback, key, token)
  const answer = await fetch(`${url}/webhook/event`, { method: 'POST', ...message })
  const { msg = '' } = Object(await answer.json())
  return `${answer.status} ${msg}`.trim()
}
