import { html } from 'hono/html'
import type { deliveriesOf } from '../../http/api/shapes.ts'
import { type Html, nothing } from '../html.ts'
import { table } from '../parts/table.ts'
import { moment, number } from '../parts/time.ts'
import { told } from '../parts/told.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { outcomeWords } from './outcome-words.ts'
import { words } from './words.ts'

export type DeliveryView = ReturnType<typeof deliveriesOf>[number]

/** Each delivery with all its attempts. */
export function deliveryList(visit: Visit, deliveries: readonly DeliveryView[]): Html {
  const w = wordsOf(visit, words).deliveries
  if (deliveries.length === 0) return html`<p class="faint">${w.none}</p>`
  return html`${deliveries.map((one) => shown(visit, one))}`
}

function shown(visit: Visit, delivery: DeliveryView): Html {
  const w = wordsOf(visit, words).deliveries
  const { state: states } = wordsOf(visit, outcomeWords)
  const { id, sink, state, order_key, accepted_at, next_attempt_at, settled_at, reason } = delivery
  const kind = state === 'delivered' ? 'good' : state === 'dead' ? 'bad' : 'warn'
  const isAhead = Date.parse(next_attempt_at ?? '') > visit.context.runtime.now()
  const facts = [
    [w.owed, moment(accepted_at)],
    [w.next, isAhead ? moment(next_attempt_at) : ''],
    [w.settled, settled_at === null ? '' : moment(settled_at)],
    [w.key, order_key ?? ''],
    [w.reason, told(reason ?? '', visit.language)],
  ] as const
  return html`<section class="card" id="delivery-${id}">
<h3>${w.heading(sink, id)} <span class="badge ${kind}">${states[state]}</span></h3>
<dl class="facts">${facts.map(([name, value]) => (value === '' ? nothing : html`<dt>${name}</dt><dd>${value}</dd>`))}</dl>
${attempts(visit, delivery)}
</section>`
}

function attempts(visit: Visit, { sink, id, state, history }: DeliveryView): Html {
  const w = wordsOf(visit, words).deliveries
  if (history.length === 0)
    return html`<p class="faint">${state === 'delivered' ? w.first : w.notYet}</p>`
  const heads = [w.n, w.at, w.took, w.status, w.error, w.response]
  const rows = history.map(
    ({ n, at, duration_ms, status, error, response }) => html`<tr>
<td>${String(n)}</td>
<td>${moment(at)}</td>
<td>${number(Math.round(duration_ms), visit.language)} ms</td>
<td>${status === null ? '–' : String(status)}</td>
<td class="wide">${told(error, visit.language) || html`<span class="faint">${w.fine}</span>`}</td>
<td class="wide">${response === '' ? nothing : html`<code>${response}</code>`}</td>
</tr>`,
  )
  return table(w.heading(sink, id), heads, rows)
}
