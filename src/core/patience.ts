import { RejectedError } from './errors.ts'
import type { Log } from './runtime.ts'
import { within } from './within.ts'

/** Feishu takes what is not answered within 3 s for failed. */
const PATIENCE_MS = 2500

/**
 * Runs a task whose end somebody waits for, and rejects when it takes too long: the task itself goes on. While such a
 * one has not ended no other is begun, so that what waits for a slow disk does not grow without end.
 */
export type Patience = <T>(task: () => Promise<T>) => Promise<T>

/** Each of the gateway's own: what is overdue in one says nothing of another. */
export function createPatience(log: Log): Patience {
  let overdue = 0
  return async (task) => {
    if (overdue > 0) throw tooLate()
    const running = task()
    return within(
      PATIENCE_MS,
      () => running,
      () => {
        if (overdue++ === 0) log.error({}, 'the store is too slow: no event is taken for now')
        running
          .catch(() => {})
          .finally(() => {
            if (--overdue === 0) log.info({}, 'the store has caught up: events are taken again')
          })
        return tooLate()
      },
    )
  }
}

function tooLate(): RejectedError {
  return new RejectedError(503, 'The event cannot be stored in time.', { 'Retry-After': '15' })
}
