import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/runtime.ts'
import type { Labels } from '../metrics.ts'
import type { KeyStorage } from './platform.ts'

/** A metric's numbers, for each combination of its labels. */
export type Series = readonly (readonly [labels: Labels, numbers: readonly number[]])[]

/** By the metrics' names. */
export type Saved = Readonly<Record<string, Series>>

/** Where counters and histograms outlive the object's isolate, which ends when nothing has come for 10 s. */
export interface KeptMetrics {
  /** As they were when they were last written. */
  readonly saved: Saved
  /** To be called at each change; `save` is asked for all of them a little later. */
  changed(save: () => Saved): void
}

/** Each time costs a written row. An isolate that is killed loses what it has counted since the last one. */
const WRITE_EVERY_MS = 5_000

const KEY = 'metrics'

export async function openKeptMetrics(storage: KeyStorage, log: Log): Promise<KeptMetrics> {
  const text = await storage.get(KEY)
  let isToBeWritten = false

  async function write(save: () => Saved): Promise<void> {
    isToBeWritten = false
    try {
      await storage.put(KEY, JSON.stringify(save()))
    } catch (error) {
      log.error({ error: messageOf(error) }, 'cannot keep the metrics')
    }
  }

  return {
    saved: typeof text === 'string' ? JSON.parse(text) : {},
    changed(save) {
      if (isToBeWritten) return
      isToBeWritten = true
      setTimeout(write, WRITE_EVERY_MS, save)
    },
  }
}
