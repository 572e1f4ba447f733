import { parseDuration } from '../../config/duration.ts'
import { type Arguments, text, UsageError } from '../command.ts'

export interface Span {
  /** Unix milliseconds. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export const spanOptions = { since: { type: 'string' }, until: { type: 'string' } } as const

export const spanHelp = `--since TIME    accepted then or later: 2h (ago; ms, s, m, h, d), RFC 3339
                (2026-11-22T09:30:00Z), or a date (2026-11-22: its beginning in UTC)
--until TIME    accepted before; default now`

/** What `--since` and `--until` say. Throws UsageError for what is no time, and for a span that is empty. */
export function spanOf(args: Arguments, now: number): Span {
  const since = timeOf(args, 'since', now)
  const until = timeOf(args, 'until', now)
  if (since !== undefined && since >= (until ?? now)) {
    throw new UsageError('--since must be before --until, which is now where it is not given')
  }
  return { since, until }
}

function timeOf(args: Arguments, name: string, now: number): number | undefined {
  const value = text(args, name)
  if (value === undefined) return undefined
  const time = parseWhen(value, now)
  if (time !== undefined) return time
  throw new UsageError(
    `--${name} must be like 2h (ago), 2026-11-22T09:30:00Z or 2026-11-22 (its beginning in UTC)`,
  )
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/** Unix milliseconds; undefined for what is no time. */
export function parseWhen(written: string, now: number): number | undefined {
  const ago = parseDuration(written)
  if (ago !== undefined) return now - ago
  const [, date = ''] = RFC_3339.exec(written) ?? []
  const time = isDate(date) ? Date.parse(written) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** Date.parse makes 2 March of 30 February. */
function isDate(date: string): boolean {
  const day = new Date(date)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date)
}
