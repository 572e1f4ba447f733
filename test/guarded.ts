import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** PostgreSQL and pgbouncer refuse to run as root. */
const NOBODY = 65534
const isRoot = process.getuid?.() === 0
export const unprivileged = isRoot ? { uid: NOBODY, gid: NOBODY } : {}

/** Where programs are; Debian has some where only root's PATH leads. */
export const PATH = `${process.env.PATH}:/usr/sbin`

/** A folder for the files of a server that runs unprivileged. */
export interface ServerFolder extends AsyncDisposable {
  readonly path: string
}

export async function openServerFolder(name: string): Promise<ServerFolder> {
  const path = await mkdtemp(join(tmpdir(), `lark-fanout-${name}-`))
  if (isRoot) await chown(path, NOBODY, NOBODY)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A server in a process of its own, which ends with whoever started it, however that ends. */
export interface Guarded {
  end(signal?: Signal): Promise<void>
}

type Signal = 'INT' | 'QUIT' | 'TERM'

export interface GuardedCommand {
  readonly program: string
  readonly args: readonly string[]
  /** What its log says once it takes connections. */
  readonly ready: string
  /** Ends it at once. */
  readonly endBy: Signal
}

/** Runs a command until its input names the signal to end it by, or until whoever wrote there is gone. */
const GUARD = `
end_by=$1
shift
"$@" & server=$!
exec 2>&-
read signal
kill -"\${signal:-$end_by}" $server
wait $server
[ "$signal" ] || rm -rf "$PWD"
`

/** Resolves when it is ready; rejects with what it said when it ends before. */
export async function launchGuarded(
  { path }: ServerFolder,
  { program, args, ready, endBy }: GuardedCommand,
): Promise<Guarded> {
  const child = spawn('sh', ['-c', GUARD, 'guard', endBy, program, ...args], {
    ...unprivileged,
    cwd: path,
    env: { PATH },
    // A signal to whoever started it is not for the guard, which has to clear up after it.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit')
  const lastLines: string[] = []
  const lines = createInterface({ input: child.stderr })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      lastLines.push(line)
      if (lastLines.length > 30) lastLines.shift()
      if (line.includes(ready)) resolve()
    })
    lines.once('close', () => {
      child.stdin.end(`${endBy}\n`)
      reject(new Error(`${program} did not start:\n${lastLines.join('\n')}`))
    })
  })
  return {
    async end(signal = endBy) {
      child.stdin.end(`${signal}\n`)
      await ended
    },
  }
}
