import { html } from 'hono/html'
import { type Html, nothing } from '../html.ts'
import { param, type Visit, wordsOf } from '../visit.ts'
import { MOST_SINKS, type Outcome } from './outcome.ts'
import { outcomeWords } from './outcome-words.ts'

/** Of many sinks, the one that is asked about. */
export function sinkChoice(visit: Visit, ref: string, outcomes: readonly Outcome[]): Html {
  if (outcomes.length <= MOST_SINKS) return nothing
  const w = wordsOf(visit, outcomeWords)
  const asked = param(visit, 'sink')
  const names = outcomes.map(({ sink }) => sink).sort()
  const option = (name: string) =>
    html`<option value="${name}"${name === asked ? html` selected` : nothing}>${name}</option>`
  return html`<form class="filter" action="/console/events/${ref}">
<label>${w.sink}<select name="sink"><option value="">${w.anySink}</option>${names.map(option)}</select></label>
<button>${w.show}</button>
</form>`
}
