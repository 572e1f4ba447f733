import type { ObjectStorage } from '../../stores/durable-object.ts'

/** What Cloudflare Workers give a worker, as far as this one uses it. */
export interface Env {
  readonly GATEWAY: {
    /** The hint counts for whoever asks first: the object is made then, and never moves. */
    getByName(name: string, options?: { readonly locationHint?: string }): Fetcher
  }
  /** Variables and secrets are texts. */
  readonly [binding: string]: unknown
}

export interface Fetcher {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>
}

/** What a Durable Object is given of itself. */
export interface ObjectState {
  readonly storage: ObjectStorage & AlarmStorage & KeyStorage
  /** The worker's own entrypoints, each call an invocation of its own. Needs a compatibility date of 2025-11-17. */
  readonly exports: { readonly Outgoing: Fetcher }
  /** Requests and alarms wait until the task has ended; where it rejects, the object starts anew. */
  blockConcurrencyWhile<T>(task: () => Promise<T>): Promise<T>
}

export interface AlarmStorage {
  /** Unix milliseconds. Null where none is set, and while it goes off. */
  getAlarm(): Promise<number | null>
  /** Replaces the alarm that was set. As durable as what is written in the same turn, and together with it. */
  setAlarm(time: number): Promise<void>
}

export interface KeyStorage {
  get(key: string): Promise<unknown>
  put(key: string, value: string): Promise<void>
}
