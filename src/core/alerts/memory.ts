import type { Gathered } from './news.ts'

/** For a host that ends the process while news is gathered, and starts another. */
export interface AlertMemory {
  /** What was last kept. What an earlier version of this program has kept may be passed over. */
  readonly saved: unknown
  /** To be called at each change; `save` is asked for all of it, as plain JSON, a little later. */
  changed(save: () => Remembered): void
}

export interface Remembered {
  readonly version: 1
  readonly topics: readonly RememberedTopic[]
  /** Sinks whose breakers are open, each with its fingerprint. */
  readonly open: readonly (readonly [sink: string, fingerprint: string])[]
}

export interface RememberedTopic {
  readonly key: string
  /** Unix milliseconds. */
  readonly nextAt: number
  readonly gathered?: Gathered | undefined
}

export const noMemory: AlertMemory = { saved: undefined, changed() {} }

export function remembered(saved: unknown): Omit<Remembered, 'version'> {
  const { version, topics, open } = Object(saved)
  return version === 1 ? { topics, open } : { topics: [], open: [] }
}
