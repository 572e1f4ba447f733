import { RejectedError } from '../core/errors.ts'
import type { Runtime } from '../core/runtime.ts'
import { createTally } from '../core/tally.ts'

export interface IntakeRoom {
  /** How many callbacks may be there, whole, and wait for their answer. Those that dawdle are the host's to bound. */
  readonly callbacks: number
  /**
   * How many bytes the large ones among them may have together. Feishu's own are small, so that large ones which dawdle
   * do not keep them out.
   */
  readonly largeBytes: number
}

const ROOM: IntakeRoom = { callbacks: 4096, largeBytes: 64 * 1024 * 1024 }
const SMALL_BYTES = 16 * 1024

/** Bounds the memory that callbacks take before they are answered. */
export interface Intake {
  enter(): Place
}

export interface Place {
  /** To be told how large the body is, as far as is known. Throws RejectedError 503 where there is no room for it. */
  hold(bytes: number): void
  /** Called once, when the body is there. Throws RejectedError 503 where too many are. */
  arrived(): void
  /** Called once, when nothing of the callback is in memory any more. */
  leave(): void
}

export function createIntake(
  runtime: Pick<Runtime, 'now' | 'log'>,
  room: IntakeRoom = ROOM,
): Intake {
  const tally = createTally(runtime, 'callbacks are refused: there are too many at once')
  let callbacks = 0
  let largeBytes = 0

  function refuse(): never {
    tally()
    throw new RejectedError(503, 'There are too many callbacks.', { 'Retry-After': '15' })
  }

  return {
    enter() {
      let held = 0
      let isWhole = false
      return {
        hold(bytes) {
          const large = bytes > SMALL_BYTES ? bytes : 0
          if (callbacks >= room.callbacks || largeBytes - held + large > room.largeBytes) refuse()
          largeBytes += large - held
          held = large
        },
        arrived() {
          if (callbacks >= room.callbacks) refuse()
          callbacks++
          isWhole = true
        },
        leave() {
          if (isWhole) callbacks--
          largeBytes -= held
        },
      }
    },
  }
}
