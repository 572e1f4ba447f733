import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { constants, homedir, setPriority } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../src/core/errors.ts'

/** What starts a program: its file and its arguments. */
export type Command = readonly [string, ...string[]]

/** One consumer by each transport, as a user of the SDK writes it. */
export interface Programs {
  readonly callback: Command
  readonly longConnection: Command
}

/** An official SDK and how the consumers in its folder are made ready, with its own tools. */
export interface Sdk {
  readonly name: string
  readonly version: string
  /** Throws MissingError where there are no tools or no packages; any other error is a fault of ours. */
  prepare(signal: AbortSignal): Promise<Programs>
}

/** Why the consumers of an SDK cannot run on this machine. */
export class MissingError extends Error {}

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = join(HERE, '..', '..')

/** Downloads and builds stay outside the checkout. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lark-fanout', 'sdk')

const node: Sdk = {
  name: 'Node',
  version: versionIn('../../package.json', /"@larksuiteoapi\/node-sdk": "(.+)"/),
  async prepare() {
    return {
      callback: [process.execPath, join(HERE, 'node', 'callback.ts')],
      longConnection: [process.execPath, join(HERE, 'node', 'long-connection.ts')],
    }
  },
}

const go: Sdk = {
  name: 'Go',
  version: versionIn('go/go.mod', /oapi-sdk-go\/v3 v(\S+)/),
  async prepare(signal) {
    const cwd = join(HERE, 'go')
    const version = await toolVersion('go', ['version'])
    const folder = await cached('go', version, filesIn(cwd), async (fresh) => {
      await fetched(run('go', ['list', '-deps', './...'], { cwd, signal }))
      // The SDK is half a million lines: without optimising, the compiler takes half the time.
      await run('go', ['build', '-gcflags=all=-N -l', '-o', `${fresh}/`, './...'], { cwd, signal })
    })
    return {
      callback: [join(folder, 'callback')],
      longConnection: [join(folder, 'long-connection')],
    }
  },
}

const python: Sdk = {
  name: 'Python',
  version: versionIn('python/requirements.txt', /lark-oapi==(\S+)/),
  async prepare(signal) {
    const sources = join(HERE, 'python')
    const version = await toolVersion('python3', ['--version'])
    const folder = await cached('python', version, ['requirements.txt'], async (fresh) => {
      const pip = ['-m', 'pip', 'install', '--quiet', '--requirement', 'requirements.txt']
      await fetched(run('python3', ['-m', 'venv', fresh], { signal }))
      await fetched(run(join(fresh, 'bin', 'python'), pip, { cwd: sources, signal }))
    })
    const interpreter = join(folder, 'bin', 'python')
    return {
      callback: [interpreter, '-B', join(sources, 'callback.py')],
      longConnection: [interpreter, '-B', join(sources, 'long_connection.py')],
    }
  },
}

const java: Sdk = {
  name: 'Java',
  version: versionIn('java/pom.xml', /<artifactId>oapi-sdk<\/artifactId>\s*<version>(.+)</),
  async prepare(signal) {
    const sources = join(HERE, 'java')
    const version = await toolVersion('javac', ['-version'])
    const files = filesIn(sources)
    const folder = await cached('java', version, files, async (fresh) => {
      await toolVersion('mvn', ['--version'])
      const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime']
      const maven = ['--batch-mode', '--quiet', ...copy, `-DoutputDirectory=${fresh}/lib`]
      await fetched(run('mvn', maven, { cwd: sources, signal }))
      const programs = files.filter((file) => file.endsWith('.java'))
      const options = ['-cp', join(fresh, 'lib', '*'), '-d', join(fresh, 'classes')]
      await run('javac', [...options, ...programs], { cwd: sources, signal })
    })
    const path = `${join(folder, 'classes')}:${join(folder, 'lib', '*')}`
    const options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', path]
    return {
      callback: ['java', ...options, 'Callback'],
      longConnection: ['java', ...options, 'LongConnection'],
    }
  },
}

export const sdks: readonly Sdk[] = [node, go, python, java]

/** The folder that `build` fills, once for this version of the tool and these files. */
async function cached(
  language: string,
  toolVersion: string,
  files: readonly string[],
  build: (fresh: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(toolVersion)
  for (const file of files) hash.update(file).update(readFileSync(join(HERE, language, file)))
  const folder = join(CACHE, `${language}-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  // Filled beside it and moved in one step: a build that breaks off leaves nothing behind.
  const fresh = await mkdtemp(`${folder}.`)
  try {
    await build(fresh)
    await rename(fresh, folder)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return folder
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map((file) => relative(folder, join(file.parentPath, file.name))).toSorted()
}

function versionIn(file: string, pattern: RegExp): string {
  const version = pattern.exec(readFileSync(join(HERE, file), 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${file} names no version of the SDK`)
  return version
}

async function toolVersion(tool: string, args: readonly string[]): Promise<string> {
  return run(tool, args).catch(() => {
    throw new MissingError(`no ${tool} on the path`)
  })
}

/** A step that needs a registry. */
async function fetched(step: Promise<string>): Promise<void> {
  await step.catch((error: unknown) => {
    if (error instanceof MissingError) throw error
    throw new MissingError(`its packages could not be fetched: ${messageOf(error)}`)
  })
}

/** Runs a tool to its end and gives what it printed. The other tests on this machine come first. */
async function run(
  file: string,
  args: readonly string[],
  { cwd = ROOT, signal }: { cwd?: string; signal?: AbortSignal } = {},
): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: '0' }
  // A group of its own: what a tool has started must end with it.
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  const stop = () => pid && process.kill(-pid, 'SIGKILL')
  signal?.addEventListener('abort', stop)
  process.once('exit', stop)
  try {
    const printed = Promise.all([text(child.stdout), text(child.stderr)])
    const [code] = await once(child, 'close')
    const [stdout, stderr] = await printed
    if (code === 0) return stdout
    if (signal?.aborted) throw new MissingError(`${file} took too long: npm run test:sdk has time`)
    const lastLines = `${stdout}${stderr}`.trim().split('\n').slice(-3).join(' ')
    throw new Error(`${file} ${args[0]}: ${lastLines}`)
  } finally {
    signal?.removeEventListener('abort', stop)
    process.off('exit', stop)
  }
}
