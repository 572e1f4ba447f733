import { html } from 'hono/html'
import type { EventHistory } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import { REDACTED } from '../../core/redact.ts'
import { eventShape } from '../../http/api/shapes.ts'
import { type Html, nothing } from '../html.ts'
import { clipped, eventField } from '../parts/event-field.ts'
import { moment } from '../parts/time.ts'
import { href, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** What it is; from its codes, the way to other events that have them. */
export function facts(visit: Visit, history: EventHistory): Html {
  const w = wordsOf(visit, words)
  const { id, source, app_id, tenant_key, time, accepted_at } = eventShape(
    history,
    visit.context.plan(),
  )
  const field = (name: string) => eventField(visit, history.event, name)
  const instance = field('instance_code')
  const all: readonly (readonly [string, Html | string])[] = [
    [w.instance, search(instance)],
    [w.approval, search(field('approval_code'))],
    [w.user, search(field('user_id'))],
    [w.id, code(printable(id) || w.noId)],
    [w.source, source],
    [w.app, code(app_id)],
    [w.tenant, code(tenant_key)],
    [w.happened, moment(time)],
    [w.accepted, moment(accepted_at)],
  ]
  return html`<dl class="card facts-grid">
${all.filter(([, value]) => value !== '').map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>
${isSearchable(instance) ? html`<p><a href="${href('/console/events', { q: instance })}">${w.related}</a></p>` : nothing}`
}

function search(value: string): Html | string {
  if (value === '') return value
  if (!isSearchable(value)) return code(value)
  return html`<a href="${href('/console/events', { q: value })}">${code(value)}</a>`
}

/** No address can be longer than some servers take. */
function isSearchable(value: string): boolean {
  return value !== '' && value !== REDACTED && value.length <= 500
}

const MOST_SHOWN = 200

function code(value: string): Html {
  return html`<code>${clipped(value, MOST_SHOWN)}</code>`
}
