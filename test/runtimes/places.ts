import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { messageOf } from '../../src/core/errors.ts'
import type { Ran } from '../command-host.ts'
import { type By, type Folder, KEY, NODE, run, type Served, serve, TOKEN } from '../serve.ts'
import { eventually } from './eventually.ts'

export const ADMIN_TOKEN = 'the-token-of-the-operators'

/** Where a gateway runs: the same routes.yaml for each. */
export interface Place {
  readonly name: string
  /** Why it cannot run on this machine; undefined when it can. */
  missing(): string | undefined
  /** Starts a gateway on what is stored in the folder. */
  start(folder: Folder): Promise<Started>
  /** Starts one whose store takes nothing more, once it is open. */
  startUnable(folder: Folder): Promise<Started>
  /** What is said of a routes.yaml before anything starts. */
  check(folder: Folder): Promise<Ran>
  /** What is said of one that cannot be served with these variables. Rejects when it is served. */
  refusal(folder: Folder, variables: Variables): Promise<string>
}

type Variables = Readonly<Record<string, string>>

export interface Started extends AsyncDisposable {
  readonly url: string
  /** SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>
}

/** A place where the command line runs too. */
export interface Host extends Place {
  readonly by: By
  readonly env: Variables
  serve(folder: Folder, args?: readonly string[]): Promise<Served>
}

function host(name: string, by: By, more: Variables = {}): Host {
  const env = { ADMIN_TOKEN, DATABASE_URL: 'sqlite:./events.db', ...more }
  const startServed = (folder: Folder, args: readonly string[] = []) => serve(folder, env, args, by)
  const start = async (folder: Folder) => {
    const served = await startServed(folder)
    const kill = async () => {
      served.signal('SIGKILL')
      await served.ended
    }
    return { url: served.url, kill, [Symbol.asyncDispose]: kill }
  }
  return {
    name,
    by,
    env,
    missing: () => whyNot(by[0]),
    serve: startServed,
    check: (folder) => run(folder, ['check'], { env, by }),
    start,
    async startUnable(folder) {
      const started = await start(folder)
      await rm(join(folder.path, 'events.db'))
      return started
    },
    async refusal(folder, variables) {
      const served = await serve(folder, { ...env, ...variables }, [], by).catch(messageOf)
      if (typeof served === 'string') return served
      await served[Symbol.asyncDispose]()
      throw new Error('it is served')
    },
  }
}

function whyNot(program: string): string | undefined {
  try {
    execFileSync(program, ['--version'], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `${program} --version fails: ${messageOf(error)}`
  }
}

function installed(name: string): string {
  return fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url))
}

/** What Deno has compiled, for the next start. */
const DENO_DIR = join(tmpdir(), 'lark-fanout-test-deno')

const node = host('Node', [process.execPath])
const deno = host('Deno', [installed('deno'), 'run', '-A'], { DENO_DIR, DENO_NO_UPDATE_CHECK: '1' })
const bun = host('Bun', [installed('bun'), 'run', '--no-env-file', '--no-install'])

const BUILT = 'worker'
const SECRETS = { FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_ENCRYPT_KEY: KEY, ADMIN_TOKEN }

/** The built worker, by no other way than a user's: `lark-fanout build`, and then the platform. */
const workerd: Place = {
  name: 'workerd',
  missing: () => whyNot(installed('workerd')),
  async start(folder) {
    await built(folder)
    return startBuilt(folder)
  },
  async startUnable(folder) {
    const script = join(await built(folder), 'worker.js')
    const entry = join(folder.path, 'unable.js')
    await writeFile(entry, UNABLE)
    const { bundleWorker } = await import('../workerd.ts')
    await writeFile(script, await bundleWorker(entry))
    return startBuilt(folder)
  },
  check: build,
  async refusal(folder, variables) {
    await built(folder)
    await using started = await startBuilt(folder, variables)
    const { status } = await fetch(`${started.url}/webhook/event`, { method: 'POST' })
    if (status !== 503) throw new Error(`it is served: ${status}`)
    await eventually(() => expect(started.logged).not.toEqual([]))
    return started.logged.join('\n')
  },
}

/** The built worker, whose storage fails whenever it is asked once the object is open. */
const UNABLE = `import handler, { Gateway as Built, Outgoing } from './${BUILT}/worker.js'

export { handler as default, Outgoing }

export class Gateway extends Built {
  #sql

  constructor(state, env) {
    super(state, env)
    this.#sql = state.storage.sql
  }

  fetch(request) {
    this.#sql.exec = () => {
      throw new Error('database or disk is full: SQLITE_FULL')
    }
    return super.fetch(request)
  }
}
`

function build(folder: Folder): Promise<Ran> {
  return run(folder, ['build', '--target', 'cloudflare', '--out', BUILT], { by: NODE })
}

/** Where it is. */
async function built(folder: Folder): Promise<string> {
  const { code, stdout, stderr } = await build(folder)
  if (code !== 0) throw new Error(`build ended with ${code}\n${stdout}${stderr}`)
  return join(folder.path, BUILT)
}

async function startBuilt(folder: Folder, variables: Variables = {}) {
  // Most of what this file would cost where workerd is not asked for.
  const { startWorkerd } = await import('../workerd.ts')
  const { url, logged, kill, close } = await startWorkerd({
    modulesFolder: join(folder.path, BUILT),
    bindings: { ...SECRETS, ...variables },
    persist: join(folder.path, 'objects'),
  })
  return { url, logged, kill, [Symbol.asyncDispose]: close }
}

export const guests: readonly Host[] = [deno, bun]
export const hosts: readonly Host[] = [node, ...guests]
/** In the order of the table's columns. */
export const places: readonly Place[] = [node, workerd, deno, bun]
