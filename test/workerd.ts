import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { basename } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { builtWorker, workerOptions } from '../src/cli/build/miniflare.ts'
import { wranglerConfig } from '../src/cli/build/wrangler.ts'

/** The platform itself, on this machine: what a worker may not do there fails here too. */
export interface Workerd {
  /** Its origin. */
  readonly url: string
  /** Lines that the worker has written by `console`. */
  readonly logged: readonly string[]
  /** SIGKILL, in the middle of whatever it does. What it has stored in `persist` is for the next one. */
  kill(): Promise<void>
  close(): Promise<void>
}

export type WorkerdOptions = WorkerCode & {
  /** What the environment holds besides: secrets, for one. */
  readonly bindings?: Readonly<Record<string, string>>
  /** The folder where objects keep their data; without it they have a new one, which goes at the end. */
  readonly persist?: string
}

type WorkerCode =
  /** Runs as a built one does: it has a Durable Object class, `Gateway`, bound as `GATEWAY`. */
  | { readonly script: string }
  /** As `lark-fanout build` makes it: runs as its `wrangler.jsonc` says. */
  | { readonly modulesFolder: string }

export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { bindings = {}, persist } = options
  const logged: string[] = []
  const code = await codeOf(options)
  const started = watchChildren()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...code,
      bindings: { ...bindings },
      ...(persist && { resourcePersistencePath: persist }),
      handleStructuredLogs: ({ message }) => logged.push(String(message)),
      log: new Log(LogLevel.NONE),
    }),
  )
  const url = await miniflare.ready.finally(started.stop)
  const close = () => miniflare.dispose()
  return {
    url: url.origin,
    logged,
    async kill() {
      const ended = started.children.map((child) => once(child, 'exit'))
      for (const child of started.children) child.kill('SIGKILL')
      await Promise.all([...ended, close()]) // At once, or Miniflare starts another.
    },
    close,
  }
}

async function codeOf(code: WorkerCode) {
  if ('modulesFolder' in code) return builtWorker(code.modulesFolder)
  return { script: code.script, ...workerOptions(wranglerConfig('test')) }
}

/** Miniflare keeps the process to itself. One start at a time, or this sees those of others too. */
function watchChildren() {
  const spawned: ChildProcess[] = []
  const seen = (message: unknown) => spawned.push((message as { process: ChildProcess }).process)
  subscribe('child_process', seen)
  return {
    get children() {
      return spawned.filter(({ spawnfile }) => basename(spawnfile ?? '').startsWith('workerd'))
    },
    stop: () => void unsubscribe('child_process', seen),
  }
}

/** One module of a source file and all that it imports. Fails where something needs Node. */
export async function bundleWorker(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['worker'],
    external: ['cloudflare:*'],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}
