import { html } from 'hono/html'
import type { Html } from '../html.ts'
import { param, type Visit } from '../visit.ts'

/** A moment that a filter names, in UTC, which the label is to say. */
export function timeField(visit: Visit, name: string, label: string): Html {
  const value = param(visit, name) ?? ''
  return html`<label>${label}<input type="datetime-local" name="${name}" value="${value}" step="1"></label>`
}

/** In Unix milliseconds; undefined where nothing that is a time is given. */
export function timeParam(written: string | undefined): number | undefined {
  if (written === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(written)) return undefined
  const time = Date.parse(/Z$/i.test(written) ? written : `${written}Z`)
  return Number.isNaN(time) ? undefined : time
}
