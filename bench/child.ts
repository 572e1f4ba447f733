import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own, so that its work is not also the client's. */
export interface ChildServer extends AsyncDisposable {
  readonly port: number
  readonly pid: number
}

/** Runs a file of this folder that prints the port it listens on. */
export async function startChild(
  file: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildServer> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const ended = once(child, 'close')
  // A bench that ends early disposes of nothing.
  process.once('exit', () => child.kill())
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
  const port = Number(line)
  if (!port) throw new Error(`bench/${file} did not start: see above`)
  return {
    port,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
    },
  }
}
