import type { Log, Runtime } from '../../core/runtime.ts'
import { webCrypto } from './web-crypto.ts'
import { createWebFetch, type Send, type WebFetch } from './web-fetch.ts'

export interface EdgeRuntime extends Runtime, Pick<WebFetch, 'follow'> {}

interface EdgeRuntimeOptions {
  readonly log: Log
  /** What brings requests to the receivers; the platform's own `fetch` without it. */
  readonly send?: Send
}

/** What a platform of Web APIs lends the core. It has no files, and cannot know whose an error is that nobody caught. */
export function createEdgeRuntime({ log, send = fetch }: EdgeRuntimeOptions): EdgeRuntime {
  return {
    ...createWebFetch(send),
    now: Date.now,
    random: Math.random,
    contain: (task) => task(),
    crypto: webCrypto,
    log,
    folder: '',
  }
}
