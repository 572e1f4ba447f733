import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('command-child.ts', import.meta.url))

/** What the child prints after each command; no command prints it. */
export const END = '\0'

/** A command, and all that it sees of its process. */
export interface Order {
  readonly folder: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: string
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** One that is busy for ever does not hear that this process has ended. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/**
 * Runs `lark-fanout <args>` where others have run before: nearly all the work of a process is to load the modules.
 * A command that ends its process says so by its code, and the next has another, as after one that has loaded a plugin.
 */
export const runInHost = openHost(CHILD)

/** What runs commands in children of this file, which wait for the next when they have run one. */
export function openHost(file: string): (order: Order) => Promise<Ran> {
  let idle: ChildProcess | undefined
  // What it prints between two commands would be taken for the next one's.
  const drop = () => {
    idle?.kill('SIGKILL')
    idle = undefined
  }
  const take = () => {
    const child = idle?.connected ? idle : forkChild(file)
    idle = undefined
    child.off('exit', drop)
    for (const stream of streamsOf(child)) stream.off('data', drop).off('end', drop)
    return child
  }
  const keep = (child: ChildProcess) => {
    const isUnfit = !child.connected || hasMore(child)
    for (const stream of streamsOf(child)) stream.resume()
    if (idle || isUnfit) return void child.kill('SIGKILL')
    idle = child.on('exit', drop)
    for (const stream of streamsOf(child)) stream.on('data', drop).on('end', drop)
  }
  return async (order) => {
    // Never behind another command, which may be waiting for this one.
    const child = take()
    child.send(order)
    const printed = streamsOf(child).map(printedBy)
    const [code, stdout = '', stderr = ''] = await Promise.all([codeOf(child), ...printed])
    keep(child)
    return { code, stdout, stderr }
  }
}

function forkChild(file: string): ChildProcess {
  const { NODE_COMPILE_CACHE } = process.env
  const env = { NODE_COMPILE_CACHE }
  const child = fork(file, { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  for (const stream of streamsOf(child)) stream.setEncoding('utf8')
  children.add(child.once('close', () => children.delete(child)))
  return child
}

function streamsOf({ stdout, stderr }: ChildProcess): readonly Readable[] {
  return [stdout, stderr].filter((stream) => stream instanceof Readable)
}

function hasMore(child: ChildProcess): boolean {
  return streamsOf(child).some((stream) => stream.readableLength > 0)
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  for await (const [code] of on(child, 'message', { close: ['close'] })) return code
  return child.exitCode
}

/** Up to END, or to the stream's own; what follows stays in the stream. */
function printedBy(stream: Readable): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  const ended = () => resolve(text)
  const take = (chunk: string) => {
    text += chunk
    const length = text.indexOf(END)
    if (length === -1) return
    stream.off('data', take).off('end', ended).pause()
    stream.unshift(text.slice(length + END.length))
    resolve(text.slice(0, length))
  }
  stream.on('data', take).once('end', ended).resume()
  return promise
}
