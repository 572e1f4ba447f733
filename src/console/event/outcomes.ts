import { html } from 'hono/html'
import type { EventHistory } from '../../core/ledger.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { number } from '../parts/time.ts'
import { href, param, type Visit, wordsOf } from '../visit.ts'
import { arranged, type Outcome } from './outcome.ts'
import { outcomeItem } from './outcome-item.ts'
import { outcomeWords } from './outcome-words.ts'

/** Sink by sink: whether it has the event, and why. */
export async function outcomeList(
  visit: Visit,
  history: EventHistory,
  outcomes: readonly Outcome[],
): Promise<Html> {
  const w = wordsOf(visit, outcomeWords)
  if (outcomes.length === 0) return html`<p class="faint">${w.none}</p>`
  const isWaiting = outcomes.some(({ delivery }) => delivery?.state === 'pending')
  const sinks = isWaiting ? await sinksOf(visit.context) : []
  const asked = param(visit, 'sink')
  const list = (some: readonly Outcome[]) =>
    html`<ul class="card outcomes">${some.map((one) => outcomeItem(visit, one, { history, sinks, asked }))}</ul>`
  const { told, folded } = arranged(outcomes, asked)
  return html`${list(told)}
${folded.length === 0 ? nothing : html`<details><summary>${w.others(number(folded.length, visit.language))}</summary>${list(folded)}</details>`}
<p class="faint">${w.note} <a href="${href('/console/routes', { ref: history.ref })}">${w.tester}</a></p>`
}
