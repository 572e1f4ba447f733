import { DeliveryError } from '../core/errors.ts'
import type { Receipt } from '../core/plugin.ts'
import type { FetchResponse } from '../core/runtime.ts'

/**
 * What a receiver's answer means for the delivery: only 2xx is success (Standard Webhooks 1.0), and everything else
 * throws a DeliveryError. `now` in Unix milliseconds.
 */
export async function readAnswer(answer: FetchResponse, now: number): Promise<Receipt> {
  const { status } = answer
  if (status >= 200 && status < 300) return { status }
  const retryAfterMs = readRetryAfter(answer.headers.get('retry-after'), now)
  const response = await answer.text().catch(() => '')
  throw new DeliveryError(describe(status), {
    status,
    response,
    gone: status === 410,
    ...(retryAfterMs === undefined ? { transient: status >= 500 } : { retryAfterMs }),
  })
}

/** There was no answer: the connection failed or was refused here, or the time ran out. */
export function noAnswer(cause: unknown, signal: AbortSignal): DeliveryError {
  if (cause instanceof DeliveryError) return cause
  if (signal.aborted) return new DeliveryError('timed out', { unreachable: true, cause })
  return new DeliveryError(`the connection failed: ${codeOf(cause)}`, { transient: true, cause })
}

/** Node's code alone (`ECONNREFUSED`): its sentence names the host, which may be a secret. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'broken off'
}

/** A status that is no success, in words. */
export function describe(status: number): string {
  if (status === 410) return 'gone (410): the receiver wants no more events at this url'
  if ([301, 302, 303, 307, 308].includes(status)) {
    return `redirected (${status}): set the sink's url to the final address`
  }
  return `HTTP ${status}`
}

/** RFC 9110 section 10.2.3: seconds, or an HTTP date. Undefined for anything else. */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  // Only HTTP dates begin with a weekday; Date.parse alone would take `-5` for a date. The oldest form names no zone.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined
  const date = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
