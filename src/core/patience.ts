import { RejectedError } from './errors.ts'
import type { Log } from './runtime.ts'
import { within } from './within.ts'

/** Feishu takes what is not answered within 3 s for failed. */
export const PATIENCE_MS = 2500

/** As many as there may be callbacks; sources that connect have no other bound. */
const MAX_WAITING = 4096

/**
 * Runs a task whose end somebody waits for, and rejects when it takes too long: the task itself goes on. While such a
 * one has not ended no other is begun, and then one at a time until the first has succeeded, so that what waits for a
 * slow disk or for a database that is out does not grow without end, and most are answered at once.
 */
export type Patience = <T>(task: () => Promise<T>) => Promise<T>

/** Each of the gateway's own: what is overdue in one says nothing of another. */
export function createPatience(log: Log): Patience {
  let waiting = 0
  let overdue = 0
  let isSlow = false

  function end(wasLate: boolean, isDone: boolean): void {
    waiting--
    if (wasLate) overdue--
    if (!isSlow || !isDone || overdue > 0) return
    isSlow = false
    log.info({}, 'the store has caught up: events are taken again')
  }

  return async (task) => {
    if (overdue > 0 || waiting >= (isSlow ? 1 : MAX_WAITING)) throw tooLate()
    let isLate = false
    waiting++
    const running = task()
    running.then(
      () => end(isLate, true),
      () => end(isLate, false),
    )
    return within(
      PATIENCE_MS,
      () => running,
      () => {
        isLate = true
        overdue++
        if (!isSlow) log.error({}, 'the store is too slow: no event is taken for now')
        isSlow = true
        return tooLate()
      },
    )
  }
}

function tooLate(): RejectedError {
  return new RejectedError(503, 'The event cannot be stored in time.', { 'Retry-After': '15' })
}
