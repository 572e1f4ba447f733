import { html } from 'hono/html'
import type { StoredDelivery } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import { eventsInTurn } from '../../http/api/events-in-turn.ts'
import { pageOf } from '../../http/api/page.ts'
import { shownDelivery } from '../../http/api/shapes.ts'
import type { Html } from '../html.ts'
import { clipped } from '../parts/event-field.ts'
import { pageLinks } from '../parts/page-links.ts'
import type { SinkView } from '../parts/sink-state.ts'
import { figures, table } from '../parts/table.ts'
import { moment, number } from '../parts/time.ts'
import { param, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

const SHOWN = 20

/** What the sink is owed, newest first. */
export async function waiting(visit: Visit, view: SinkView): Promise<Html> {
  const { context } = visit
  const { name } = view
  const w = wordsOf(visit, words)
  const cursor = param(visit, 'cursor')
  const plan = context.plan()
  const query = { sink: name, state: 'pending', limit: SHOWN, cursor } as const
  const { items, next } = await pageOf(context.ledger.deliveries(query), (delivery) => delivery)
  const links = pageLinks(visit, `/console/sinks/${encodeURIComponent(name)}`, next)
  if (items.length === 0) return html`<p class="faint">${w.noneWaiting}</p>${links}`
  const hasKeys = items.some(({ orderKey }) => orderKey !== null)
  const keyHead = hasKeys ? [w.orderKey] : []
  const heads = [w.event, ...keyHead, w.owedSince, figures(w.attempts), w.next]
  const events = eventsInTurn(context.ledger)
  const rows = items.map(async (delivery) => {
    const { order_key: key } = await shownDelivery(delivery, plan, events)
    return row(
      visit,
      view,
      delivery,
      hasKeys ? html`<td><code>${clipped(printable(key ?? ''))}</code></td>` : html``,
    )
  })
  return html`${table(w.waiting, heads, await Promise.all(rows))}${links}`
}

function row(visit: Visit, view: SinkView, delivery: StoredDelivery, key: Html): Html {
  const { eventRef, eventId, acceptedAt, attempts } = delivery
  return html`<tr>
<td><a href="/console/events/${eventRef}"><code>${clipped(printable(eventId || eventRef))}</code></a></td>
${key}
<td>${moment(acceptedAt)}</td>
<td class="number">${number(attempts, visit.language)}</td>
<td>${next(visit, view, delivery)}</td>
</tr>`
}

/** A sink that is sent nothing sends what is due when that ends. */
function next(visit: Visit, view: SinkView, { inFlight, dueAt }: StoredDelivery): Html {
  const w = wordsOf(visit, words)
  if (inFlight) return html`${w.isInFlight}`
  const isDue = dueAt === null || dueAt <= visit.context.runtime.now()
  if (!isDue) return moment(dueAt)
  if (!view.configured) return html`–`
  if (view.paused) return html`${w.whenResumed}`
  return html`${view.breaker === 'open' ? w.whenClosed : w.due}`
}
