import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import type { Readable } from 'node:stream'
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

/** One that has run a command and waits for the next; it ends with this process. */
let idle: ChildProcess | undefined

/**
 * Runs `lark-fanout <args>` where others have run before: nearly all the work of a process is to load the modules.
 * They stay loaded, and plugins too. A command that ends its process says so by its code, and the next has another.
 */
export async function runInHost(order: Order): Promise<Ran> {
  // Never behind another command, which may be waiting for this one.
  const child = idle?.connected ? idle : forkHost()
  idle = undefined
  child.send(order)
  const [code, stdout, stderr] = await Promise.all([
    codeOf(child),
    printed(child.stdout),
    printed(child.stderr),
  ])
  if (idle) child.kill()
  else idle = child
  return { code, stdout, stderr }
}

function forkHost(): ChildProcess {
  const { NODE_COMPILE_CACHE } = process.env
  const env = { NODE_COMPILE_CACHE }
  const child = fork(CHILD, { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8')
  return child
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  for await (const [code] of on(child, 'message', { close: ['close'] })) return code
  return child.exitCode
}

async function printed(stream: Readable | null): Promise<string> {
  let text = ''
  if (!stream) return text
  for await (const [chunk] of on(stream, 'data', { close: ['end'] })) {
    text += chunk
    if (text.endsWith(END)) return text.slice(0, -END.length)
  }
  return text
}
