import type { Meter } from './meter.ts'

/** So long it may keep everybody else waiting, and so many steps where no clock goes on while it works (in a worker). */
const MS_WITHOUT_REST = 4
const STEPS_WITHOUT_REST = 5_000

/** How an evaluation gives way to the rest of the process. It changes nothing of what comes out. */
export interface Pace {
  /** To be awaited where it is defined: it is time. Asked for at each step, each function and each match. */
  rest(): Promise<void> | undefined
  readonly isResting: boolean
}

export function createPace(meter: Meter): Pace {
  let resting = 0
  let [restedAt, spentThen] = [performance.now(), 0]
  return {
    rest() {
      if (meter.spent < spentThen) spentThen = 0
      const isFresh = meter.spent < spentThen + STEPS_WITHOUT_REST
      if (isFresh && performance.now() < restedAt + MS_WITHOUT_REST) return undefined
      resting++
      return nextTurn().then(() => {
        resting--
        restedAt = performance.now()
        spentThen = meter.spent
      })
    },
    get isResting() {
      return resting > 0
    },
  }
}

let lastTurn: Promise<void> = Promise.resolve()

/** Of all evaluations in the process one goes on each time that the event loop comes round. */
function nextTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => new Promise((resolve) => setTimeout(resolve)))
  return lastTurn
}
