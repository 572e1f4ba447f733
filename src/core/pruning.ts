import { messageOf } from './errors.ts'
import type { Ledger } from './ledger.ts'
import type { Retention } from './plan.ts'
import type { Runtime } from './runtime.ts'

/** Deletes what nobody needs to read any more, a little at a time. */
export interface Pruning {
  /** Goes on, or begins anew, if it is time to. */
  wake(): void
  /** Finishes the batch in hand. */
  close(): Promise<void>
}

export interface PruningContext {
  readonly ledger: Pick<Ledger, 'prune'>
  readonly runtime: Pick<Runtime, 'now' | 'log'>
  retention(): Retention
  /** Asks the host to wake at that time, in Unix milliseconds. */
  wakeAt(time: number): void
}

const DAY_MS = 86_400_000
/** Feishu's events are known again for 30 days at the least; a day more, for clocks that differ. */
const IDENTITY_MS = 31 * DAY_MS
const AUDIT_MS = 365 * DAY_MS

/** Events a batch: some milliseconds of the store's time. */
const BATCH = 200
/** Between two batches, for whoever accepts and delivers. */
const REST_MS = 25
/** A rested store is gone through this often: often enough for short retentions, seldom enough for long ones. */
const EVERY_MS = { least: 1000, most: 10 * 60_000 }

export function createPruning({ ledger, runtime, retention, wakeAt }: PruningContext): Pruning {
  const { now, log } = runtime
  let cursor: string | undefined
  let nextAt = 0
  let batch: Promise<void> | undefined
  let closed = false

  async function prune(): Promise<void> {
    const { deliveredMs, deadMs } = retention()
    const started = now()
    const { count, next } = await ledger.prune({
      cursor,
      limit: BATCH,
      deliveredBefore: started - deliveredMs,
      deadBefore: started - deadMs,
      identitiesBefore: started - Math.max(IDENTITY_MS, deliveredMs, deadMs),
      auditBefore: started - AUDIT_MS,
    })
    cursor = next ?? undefined
    if (count > 0) log.debug({ deleted: count }, 'pruned')
    // Never more than half of the store's time.
    const restMs = Math.max(REST_MS, now() - started)
    nextAt = now() + (next === null ? pauseMs(retention()) : restMs)
  }

  async function pruneOnce(): Promise<void> {
    try {
      await prune()
    } catch (error) {
      nextAt = now() + EVERY_MS.most
      log.error({ error: messageOf(error) }, 'cannot prune the store')
    }
    batch = undefined
    if (!closed) wakeAt(nextAt)
  }

  return {
    wake() {
      if (closed || batch) return
      // A clock that was set back must not keep it waiting for as long.
      nextAt = Math.min(nextAt, now() + EVERY_MS.most)
      if (now() < nextAt) wakeAt(nextAt)
      else batch = pruneOnce()
    },
    async close() {
      closed = true
      await batch
    },
  }
}

function pauseMs({ deliveredMs, deadMs }: Retention): number {
  const wished = Math.min(deliveredMs, deadMs) / 10
  return Math.max(EVERY_MS.least, Math.min(EVERY_MS.most, wished))
}
