import type { Runtime } from '../core/runtime.ts'
import { nodeCrypto } from './node-crypto.ts'
import { createNodeFetch } from './node-fetch.ts'

export interface NodeRuntime extends Runtime {
  /** Breaks off requests in flight and closes the connections kept alive. */
  close(): Promise<void>
}

/** What Node lends the core: node:crypto, and undici's connections in place of the ten times dearer global fetch. */
export function createNodeRuntime({ folder, log }: Pick<Runtime, 'folder' | 'log'>): NodeRuntime {
  const { fetch, close } = createNodeFetch()
  return { now: Date.now, random: Math.random, fetch, crypto: nodeCrypto, log, folder, close }
}
