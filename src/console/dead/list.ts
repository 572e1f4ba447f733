import { html } from 'hono/html'
import type { EventHistory, StoredDelivery } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { clipped, eventField } from '../parts/event-field.ts'
import { pageLinks } from '../parts/page-links.ts'
import { figures, table } from '../parts/table.ts'
import { moment, number } from '../parts/time.ts'
import { href, param, type Visit, wordsOf } from '../visit.ts'
import { type DeadFilter, listed } from './filter.ts'
import { shownReason } from './shown-reason.ts'
import { words } from './words.ts'

/** Dead letters one by one, to be retried by whoever may. */
export async function list(visit: Visit, filter: DeadFilter): Promise<Html> {
  const w = wordsOf(visit, words)
  const { ledger } = visit.context
  const { items, next, backTo } = await listed(ledger, filter, param(visit, 'cursor'))
  const links = html`${
    next !== null && filter.reason !== undefined && backTo !== undefined
      ? html`<p class="faint">${w.lookedBack} ${moment(backTo)}.</p>`
      : nothing
  }${pageLinks(visit, '/console/dead', next)}`
  const [first] = items
  if (!first) return html`<p class="faint">${w.noneMatch}</p>${links}`
  const isAdmin = visit.session.role === 'admin'
  const rows = await Promise.all(
    items.map(async (dead) => row(visit, dead, await ledger.event({ ref: dead.eventRef }))),
  )
  const heads = [w.event, w.sink, w.died, figures(w.attempts), figures(w.status), w.reason]
  const reason = filter.reason === undefined ? undefined : await shownReason(visit, first)
  const shown = html`${reason === undefined ? nothing : html`<p>${w.onlyReason} <strong>${reason}</strong></p>`}${table(w.list, isAdmin ? [w.choose, ...heads, w.retry] : heads, rows)}`
  if (!isAdmin) return html`${shown}${links}`
  return html`<form method="post" action="/console/dead/retry">${csrfField(visit)}${filterFields(filter)}
${shown}
<p class="buttons"><button class="main">${w.retryChosen}</button> <a class="button" href="${href('/console/dead/retry', { ...filter })}">${w.retryAll}</a></p>
<p class="faint">${w.means}</p>
</form>${links}`
}

/** So that a form leads back to where it was sent from. */
export function filterFields(filter: DeadFilter): Html {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  return html`${given.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`
}

function row(visit: Visit, dead: StoredDelivery, event: EventHistory | null): Html {
  const w = wordsOf(visit, words)
  const isAdmin = visit.session.role === 'admin'
  const { id, sink, settledAt, attempts, reason, eventId, eventRef } = dead
  const { redact } = visit.context.plan()
  const show = redact.about(event?.event)
  const name = clipped(printable(eventId || eventRef))
  const history = event?.deliveries.find((delivery) => delivery.id === id)?.history
  const status = history?.at(-1)?.status ?? null
  return html`<tr>
${isAdmin ? html`<td><input type="checkbox" name="id.${id}" aria-label="${w.chooseOne(name)}"></td>` : nothing}
<td class="event"><a href="/console/events/${eventRef}">${event ? `${clipped(event.event.type)} ${eventField(visit, event.event, 'operate')}` : ''}</a><br><code class="faint">${clipped(printable(eventId)) || w.noEvent}</code>${event ? html`<br><code class="faint">${clipped(eventField(visit, event.event, 'instance_code'))}</code>` : nothing}</td>
<td><a href="/console/sinks/${encodeURIComponent(sink)}">${sink}</a></td>
<td>${moment(settledAt)}</td>
<td class="number">${number(attempts, visit.language)}</td>
<td class="number">${status === null ? '–' : String(status)}</td>
<td class="wide">${reason === null ? '' : show(reason)}</td>
${isAdmin ? html`<td><button name="only" value="${id}" aria-label="${w.retryOne(name)}">${w.retry}</button></td>` : nothing}
</tr>`
}
