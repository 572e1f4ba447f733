import type { Runtime } from './runtime.ts'

const LOG_EVERY_MS = 1000

/**
 * Says in the log what may happen often: at most once a second, with the fields of the latest, and how many times it has
 * since it last said so.
 */
export function createTally(
  { now, log }: Pick<Runtime, 'now' | 'log'>,
  message: string,
  level: 'warn' | 'error' = 'warn',
): (fields?: object) => void {
  let count = 0
  let loggedAt = Number.NEGATIVE_INFINITY
  return (fields) => {
    count++
    // Either way: a clock that has been set back must not silence it.
    if (Math.abs(now() - loggedAt) < LOG_EVERY_MS) return
    log[level]({ ...fields, count }, message)
    loggedAt = now()
    count = 0
  }
}
