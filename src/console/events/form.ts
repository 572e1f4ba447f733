import { html } from 'hono/html'
import type { EventFilter } from '../../core/event-filter.ts'
import { type Html, nothing } from '../html.ts'
import { choice } from '../parts/choice.ts'
import { timeField } from '../parts/time-field.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** What the list can be narrowed to. */
export function filterForm(visit: Visit, filter: EventFilter): Html {
  const w = wordsOf(visit, words)
  const { sources } = visit.context.plan()
  const types = new Set(sources.flatMap((one) => (one.events === '*' ? [] : one.events)))
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  const names = sources.map(({ name }) => [name, name] as const)
  const states = [
    ['accepted', w.accepted],
    ['quarantined', w.quarantined],
  ] as const
  return html`<form class="search" role="search" action="/console/events">
<label for="q">${w.q}</label>
<input id="q" name="q" type="search" value="${filter.q ?? ''}" aria-describedby="q-hint">
<button class="main">${w.find}</button>
<span id="q-hint" class="faint">${w.qHint}</span>
<div class="narrow">
<label>${w.type}<input name="type" value="${filter.type ?? ''}" list="types"></label>
<datalist id="types">${[...types].map((type) => html`<option value="${type}"></option>`)}</datalist>
${choice(w.source, 'source', names, { chosen: filter.source, any: w.any })}
${choice(w.state, 'state', states, { chosen: filter.state, any: w.any })}
${timeField(visit, 'since', w.since)}
${timeField(visit, 'until', w.until)}
${isFiltered ? html`<a class="quiet" href="/console/events">${w.clear}</a>` : nothing}
</div>
</form>`
}
