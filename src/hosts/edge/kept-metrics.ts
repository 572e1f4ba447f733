import type { Log } from '../../core/runtime.ts'
import type { KeptMetrics } from '../metric-registry.ts'
import { openKept } from './kept.ts'
import type { KeyStorage } from './platform.ts'

/** In the object's storage: its isolate ends when nothing has come for 10 s. */
export async function openKeptMetrics(storage: KeyStorage, log: Log): Promise<KeptMetrics> {
  const { saved, changed } = await openKept(storage, 'metrics', log)
  return { saved: Object(saved), changed }
}
