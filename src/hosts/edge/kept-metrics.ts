import type { Log } from '../../core/runtime.ts'
import type { Labels } from '../metrics.ts'
import { openKept } from './kept.ts'
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

export async function openKeptMetrics(storage: KeyStorage, log: Log): Promise<KeptMetrics> {
  const { saved, changed } = await openKept(storage, 'metrics', log)
  return { saved: Object(saved), changed }
}
