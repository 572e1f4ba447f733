import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { RetryPolicy, SinkSettings } from '../../core/plan.ts'
import { parseDuration } from '../duration.ts'
import type { Finding, Path } from './finding.ts'
import type { RetryOptions, SinkOptions } from './options.ts'

const DAY_MS = 86_400_000

/** What a duration may be, in milliseconds. */
interface Bounds {
  readonly min: number
  readonly max: number
  readonly text: string
}

const timeoutBounds: Bounds = { min: 1, max: DAY_MS, text: 'between 1ms and 1d' }
const waitBounds: Bounds = { min: 0, max: 365 * DAY_MS, text: 'at most 365d' }

/** The options that every sink has, in the gateway's own terms: durations in milliseconds, waits one by one. */
export function settingsOf(options: SinkOptions): SinkSettings {
  const { timeout, concurrency, retry, paused } = options
  return { timeoutMs: ms(timeout), concurrency, retry: policyOf(retry), paused }
}

function policyOf(retry: RetryOptions): RetryPolicy {
  const { jitter, quick, schedule } = retry
  return { waits: schedule?.map(ms) ?? growingWaits(retry), jitter, quick }
}

/** The n-th wait is `min(max, initial × factor^(n-1))`; one fewer than there are attempts. */
function growingWaits({ attempts, initial, factor, max }: RetryOptions): number[] {
  const waits: number[] = []
  let wait = ms(initial)
  while (waits.length < attempts - 1) {
    wait = Math.min(ms(max), wait)
    waits.push(Math.round(wait))
    wait *= factor
  }
  return waits
}

function ms(duration: string): number {
  return parseDuration(duration) ?? 0
}

/** What their schema cannot say of the options as the file has them, before they get their defaults. */
export function checkSettings(written: Json): Finding[] {
  if (!isObject(written)) return []
  const retry = isObject(written.retry) ? written.retry : {}
  const { initial, max, schedule } = retry
  const waits = Array.isArray(schedule) ? schedule : []
  return [
    ...checkBounds(['timeout'], written.timeout, timeoutBounds),
    ...checkBounds(['retry', 'initial'], initial, waitBounds),
    ...checkBounds(['retry', 'max'], max, waitBounds),
    ...waits.flatMap((wait, index) =>
      checkBounds(['retry', 'schedule', String(index)], wait, waitBounds),
    ),
    ...(schedule === undefined ? [] : checkScheduled(retry)),
  ]
}

function checkBounds(path: Path, duration: unknown, { min, max, text }: Bounds): Finding[] {
  const value = typeof duration === 'string' ? parseDuration(duration) : undefined
  if (value === undefined || (value >= min && value <= max)) return []
  return [{ path, message: `must be ${text}` }]
}

function checkScheduled(retry: JsonObject): Finding[] {
  const replaced = ['attempts', 'initial', 'factor', 'max'].filter((key) => key in retry)
  const message = 'has no meaning beside schedule: remove one of the two'
  return replaced.map((key) => ({ path: ['retry', key], message, onKey: true }))
}
