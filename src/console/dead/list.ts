import { html } from 'hono/html'
import type { EventHistory, StoredDelivery } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import { eventsInTurn } from '../../http/api/events-in-turn.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { type Cell, cards } from '../parts/cards.ts'
import { clipped, eventField } from '../parts/event-field.ts'
import { pageLinks } from '../parts/page-links.ts'
import { figures } from '../parts/table.ts'
import { moment, number } from '../parts/time.ts'
import { told } from '../parts/told.ts'
import { href, param, type Visit, wordsOf } from '../visit.ts'
import { deathOf } from './death.ts'
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
  const events = eventsInTurn(ledger)
  const rows = await Promise.all(
    items.map(async (dead) => cellsOf(visit, dead, await events.event({ ref: dead.eventRef }))),
  )
  const wide = (head: string) => ({ head, kind: 'wide' }) as const
  const numbers = [w.attempts, w.status].map(figures)
  const columns = [wide(w.event), w.sink, w.died, ...numbers, wide(w.reason)]
  const reason = filter.reason === undefined ? undefined : await shownReason(visit, first)
  const shown = html`${reason === undefined ? nothing : html`<p>${w.onlyReason} <strong>${reason}</strong></p>`}${cards(w.list, isAdmin ? [w.choose, ...columns, w.retry] : columns, rows)}`
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

function cellsOf(visit: Visit, dead: StoredDelivery, event: EventHistory | null): readonly Cell[] {
  const w = wordsOf(visit, words)
  const { id, sink, settledAt, attempts, eventId, eventRef } = dead
  const { reason, status, said } = deathOf(visit, dead, event)
  const name = clipped(printable(eventId || eventRef))
  const cells = [
    eventCell(visit, dead, event),
    html`<a href="/console/sinks/${encodeURIComponent(sink)}">${sink}</a>`,
    moment(settledAt),
    number(attempts, visit.language),
    status === null ? '–' : String(status),
    html`${told(reason, visit.language)}${said === '' ? nothing : html`<small class="said">${said}</small>`}`,
  ]
  if (visit.session.role !== 'admin') return cells
  return [
    html`<input type="checkbox" name="id.${id}" aria-label="${w.chooseOne(name)}">`,
    ...cells,
    html`<button name="only" value="${id}" aria-label="${w.retryOne(name)}">${w.retry}</button>`,
  ]
}

function eventCell(
  visit: Visit,
  { eventId, eventRef }: StoredDelivery,
  event: EventHistory | null,
): Html {
  const field = (name: string) => (event ? clipped(eventField(visit, event.event, name)) : '')
  const type = clipped(printable(event?.event.type ?? ''))
  const id = clipped(printable(eventId)) || wordsOf(visit, words).noEvent
  return html`<a href="/console/events/${eventRef}">${type} ${field('operate')}</a><br><code class="faint">${id}</code><br><code class="faint">${field('instance_code')}</code>`
}
