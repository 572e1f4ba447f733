import { RejectedError } from '../core/errors.ts'
import type { Runtime } from '../core/runtime.ts'
import { createTally } from '../core/tally.ts'

/** How many callbacks may be between their arrival and their answer. */
const MAX_CALLBACKS = 4096
/**
 * How many bytes the large ones among them may have together. Feishu's own are small, so that large ones which dawdle
 * do not keep them out.
 */
const MAX_LARGE_BYTES = 64 * 1024 * 1024
const SMALL_BYTES = 16 * 1024

/** Bounds the memory that callbacks take before they are answered. */
export interface Intake {
  enter(): Place
}

export interface Place {
  /** To be told how large the body is, as far as is known. Throws RejectedError 503 where there is no room for it. */
  hold(bytes: number): void
  /** Called once, when nothing of the callback is in memory any more. */
  leave(): void
}

export function createIntake(runtime: Pick<Runtime, 'now' | 'log'>): Intake {
  const tally = createTally(runtime, 'callbacks are refused: there are too many at once')
  let callbacks = 0
  let largeBytes = 0
  return {
    enter() {
      const isSurplus = ++callbacks > MAX_CALLBACKS
      let held = 0
      return {
        hold(bytes) {
          const large = bytes > SMALL_BYTES ? bytes : 0
          if (isSurplus || largeBytes - held + large > MAX_LARGE_BYTES) {
            tally()
            throw new RejectedError(503, 'There are too many callbacks.', { 'Retry-After': '15' })
          }
          largeBytes += large - held
          held = large
        },
        leave() {
          callbacks--
          largeBytes -= held
        },
      }
    },
  }
}
