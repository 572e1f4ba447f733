import type { BreakerReport, SharedBreaker } from './shared.ts'

/** Tells the other gateways what requests came to: one report at a time, and what gathers meanwhile as one. */
export interface Telling {
  tell(report: BreakerReport): void
  readonly isBusy: boolean
}

/**
 * `done` is called when nothing is left to tell, with the answer to the last; undefined where there is none. What came of
 * a breaker that has changed since counts no more, and is not told: or the answer would wait as long as requests fail.
 */
export function createTelling(
  report: (report: BreakerReport) => Promise<SharedBreaker | undefined>,
  done: (state: SharedBreaker | undefined) => void,
): Telling {
  let untold: readonly BreakerReport[] = []
  let isBusy = false

  async function tellAll(): Promise<void> {
    isBusy = true
    let state: SharedBreaker | undefined
    for (let [next] = untold; next; [next] = untold) {
      const { seen } = next
      untold = untold.slice(1)
      state = await report(next)
      if (state && state.openUntil !== seen) untold = untold.filter((one) => one.seen !== seen)
    }
    isBusy = false
    done(state)
  }

  return {
    tell(next) {
      untold = joined(untold, next)
      if (!isBusy) void tellAll()
    },
    get isBusy() {
      return isBusy
    },
  }
}

/** Reports on the same breaker go as one. */
function joined(untold: readonly BreakerReport[], next: BreakerReport): readonly BreakerReport[] {
  const last = untold.at(-1)
  if (!last || last.seen !== next.seen) return [...untold, next]
  const failures = next.succeeded ? next.failures : last.failures + next.failures
  const succeeded = last.succeeded || next.succeeded
  return [...untold.slice(0, -1), { ...next, succeeded, failures }]
}
