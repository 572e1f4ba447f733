import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { callbackOf } from '../serve.ts'
import type { Command } from './toolchains.ts'

/** What a consumer prints of an event when its handler is called. */
export interface Handled {
  readonly uuid: string
  readonly token: string
  readonly instance_code: string
  readonly operate: string
  readonly from: string
}

/** A consumer's program, in a process of its own. */
export interface Consumer extends AsyncDisposable {
  /** The events so far, as often as its handler was called with them. */
  readonly handled: readonly Handled[]
  /** Everything it printed: the SDKs log, too. */
  readonly output: readonly string[]
  /** Its exit code or the signal that ended it; undefined while it runs. */
  readonly end: number | string | undefined
  /** kill -9. */
  kill(): Promise<void>
}

type Callback = ReturnType<typeof callbackOf>

/** What a consumer whose own token is this should print of a callback. */
export function asHandled({ uuid, event }: Callback, token: string): Handled {
  const { instance_code, operate, from } = event
  return { uuid, token, instance_code, operate, from }
}

/** Events come in any order. */
export function byId(events: readonly Handled[]): readonly Handled[] {
  return events.toSorted((a, b) => a.uuid.localeCompare(b.uuid))
}

const running = new Set<ReturnType<typeof spawn>>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a program with its settings, and with nothing of this machine's own (proxies, for one). */
export function startConsumer(
  [file, ...args]: Command,
  settings: Readonly<Record<string, string>>,
): Consumer {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, LANG: 'C.UTF-8', ...settings }
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const output: string[] = []
  const handled: Handled[] = []
  createInterface(child.stderr).on('line', (line) => output.push(line))
  createInterface(child.stdout).on('line', (line) => {
    output.push(line)
    if (line.startsWith('{')) handled.push(JSON.parse(line))
  })
  let end: number | string | undefined
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child)
    end = code ?? signal
  })
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    handled,
    output,
    get end() {
      return end
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}
