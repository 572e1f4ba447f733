import { AsyncLocalStorage } from 'node:async_hooks'
import { messageOf } from '../core/errors.ts'
import type { Log, Runtime } from '../core/runtime.ts'
import type { Proxies } from './egress/proxies.ts'
import { nodeCrypto } from './node-crypto.ts'
import { createNodeFetch, type NodeFetch } from './node-fetch.ts'

export interface NodeRuntime extends Runtime, Pick<NodeFetch, 'follow' | 'close'> {}

interface NodeRuntimeOptions extends Pick<Runtime, 'folder' | 'log' | 'tracer'> {
  /** None without it. */
  readonly proxies?: Proxies
}

const strays = new AsyncLocalStorage<(error: unknown) => void>()

/** Hears of every error that nobody caught: says whose it was if a plug's, and keeps the process going. */
export function survivePlugs(log: Log): void {
  const survive = (error: unknown) => {
    strays.getStore()?.(error)
    log.error({ error: messageOf(error) }, 'an error that nobody caught, in a plugin most likely')
  }
  process.on('unhandledRejection', survive)
  process.on('uncaughtException', survive)
}

/** What Node lends the core: node:crypto, and undici's connections in place of the ten times dearer global fetch. */
export function createNodeRuntime({ log, ...options }: NodeRuntimeOptions): NodeRuntime {
  return {
    ...createNodeFetch(options),
    now: Date.now,
    random: Math.random,
    contain: (task, stray) => strays.run(stray, task),
    crypto: nodeCrypto,
    log,
    folder: options.folder,
    ...(options.tracer && { tracer: options.tracer }),
  }
}
