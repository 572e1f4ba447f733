import { html } from 'hono/html'
import { badRequest } from '../../http/api/fields.ts'
import type { Html } from '../html.ts'
import type { Words } from '../language.ts'
import { param, type Visit, wordsOf } from '../visit.ts'

const words: Words<{ readonly utc: string; readonly local: string }> = {
  en: { utc: ' (UTC)', local: ' (local time)' },
  zh: { utc: '（UTC）', local: '（本地时间）' },
}

/**
 * A moment that a filter names, in UTC, as is added to its label; live.js shows it in the reader's own time, and sends UTC.
 * Browsers fill in nothing by themselves: it could be of either.
 */
export function timeField(visit: Visit, name: string, label: string): Html {
  const w = wordsOf(visit, words)
  const time = timeParam(param(visit, name))
  const value = time === undefined ? '' : new Date(time).toISOString().slice(0, 19)
  return html`<label><span>${label}<span data-local="${w.local}">${w.utc}</span></span><input type="datetime-local" name="${name}" value="${value}" step="1" autocomplete="off"></label>`
}

/** Throws RejectedError 400 for what is given and not a time: to leave it out would be to ask for more. */
export function mustBeTime(name: string, written: string | undefined): string | undefined {
  if (written === undefined || timeParam(written) !== undefined) return written
  throw badRequest([{ path: name, message: 'must be a time such as 2026-11-22T09:30:00Z' }])
}

/** In Unix milliseconds; undefined where nothing that is a time is given. */
export function timeParam(written: string | undefined): number | undefined {
  if (written === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(written)) return undefined
  const time = Date.parse(/Z$/i.test(written) ? written : `${written}Z`)
  return Number.isNaN(time) ? undefined : time
}
