import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { Retention, RetryPolicy, SinkSettings } from '../../core/plan.ts'
import { parseDuration } from '../duration.ts'
import { parseRate } from '../rate.ts'
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
const cooldownBounds: Bounds = { min: 1, max: DAY_MS, text: 'between 1ms and 1d' }
const retentionBounds: Bounds = { min: 1, max: 36_500 * DAY_MS, text: 'between 1ms and 36500d' }

/** The options that every sink has, in the gateway's own terms: durations in milliseconds, waits one by one. */
export function settingsOf(options: SinkOptions): SinkSettings {
  const { timeout, concurrency, retry, rate_limit, order_by, breaker, paused } = options
  return {
    timeoutMs: ms(timeout),
    concurrency,
    retry: policyOf(retry),
    rateLimit: (rate_limit && parseRate(rate_limit)) || null,
    orderBy: order_by ?? null,
    breaker: { failures: breaker.failures, cooldownMs: ms(breaker.cooldown) },
    paused,
  }
}

/** Of a value that its schema has given its defaults; what is not in order is not used. */
export function retentionOf(options: Json | undefined): Retention {
  const { delivered = '', dead = '' } = isObject(options) ? options : {}
  return { deliveredMs: ms(String(delivered)), deadMs: ms(String(dead)) }
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
  const { cooldown } = isObject(written.breaker) ? written.breaker : {}
  return [
    ...checkBounds(['timeout'], written.timeout, timeoutBounds),
    ...checkBounds(['retry', 'initial'], initial, waitBounds),
    ...checkBounds(['retry', 'max'], max, waitBounds),
    ...waits.flatMap((wait, index) =>
      checkBounds(['retry', 'schedule', String(index)], wait, waitBounds),
    ),
    ...checkBounds(['breaker', 'cooldown'], cooldown, cooldownBounds),
    ...(schedule === undefined ? [] : checkScheduled(retry)),
  ]
}

/** What its schema cannot say of `retention` as the file has it. */
export function checkRetention(written: Json | undefined): Finding[] {
  if (!isObject(written)) return []
  const { delivered, dead } = written
  return [
    ...checkBounds(['delivered'], delivered, retentionBounds),
    ...checkBounds(['dead'], dead, retentionBounds),
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
