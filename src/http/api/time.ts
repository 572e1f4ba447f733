import * as T from '@sinclair/typebox'
import { type Field, wrong } from './fields.ts'

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
/** Less than that, but for 0, was meant in seconds. */
const FIRST_MS = 1e11
/** The last moment that RFC 3339 can write. */
const LAST_MS = Date.UTC(9999, 11, 31)

/** Reads to Unix milliseconds. */
export function time(description: string): Field<number> {
  return {
    schema: T.Union(
      [
        T.String({ format: 'date-time', examples: ['2026-11-22T09:30:00Z'] }),
        T.Integer({ minimum: FIRST_MS, maximum: LAST_MS, examples: [1795339800000] }),
        T.Literal(0),
      ],
      { description: `${description} RFC 3339, or Unix milliseconds.` },
    ),
    isRequired: true,
    read(value) {
      if (value === undefined) throw wrong('is missing')
      const ms = typeof value === 'string' && !/^\d+$/.test(value) ? parsed(value) : unixMs(value)
      // Nothing was accepted before 1970, nor will be in the year 10,000.
      if (!Number.isNaN(ms)) return Math.min(Math.max(ms, 0), LAST_MS)
      throw wrong('must be a time such as 2026-11-22T09:30:00Z, or Unix milliseconds')
    },
  }
}

/** NaN for what is no number of milliseconds. */
function unixMs(value: unknown): number {
  const ms = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return ms === 0 || (ms >= FIRST_MS && ms <= LAST_MS) ? Math.floor(ms) : Number.NaN
}

/** NaN for what is no timestamp of RFC 3339. */
function parsed(value: string): number {
  // In a query, the plus of an offset arrives as a space unless it is escaped.
  const timestamp = value.replace(/ (?=\d\d:\d\d$)/, '+')
  const [, day = ''] = RFC_3339.exec(timestamp) ?? []
  const midnight = Date.parse(day)
  // Date.parse takes the 30th of February for a day of March.
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  return isDay ? Date.parse(timestamp) : Number.NaN
}
