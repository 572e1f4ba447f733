import { html } from 'hono/html'
import type { EventFilter } from '../../core/event-filter.ts'
import { type Html, nothing } from '../html.ts'
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
${choice(visit, w.source, 'source', names, filter.source)}
${choice(visit, w.state, 'state', states, filter.state)}
${timeField(visit, 'since', w.since)}
${timeField(visit, 'until', w.until)}
${isFiltered ? html`<a class="quiet" href="/console/events">${w.clear}</a>` : nothing}
</div>
</form>`
}

/** One of a few values, or any; one that is not among them may have been one before. */
function choice(
  visit: Visit,
  label: string,
  name: string,
  known: readonly (readonly [value: string, text: string])[],
  chosen: string | undefined,
): Html {
  const isKnown = chosen === undefined || known.some(([value]) => value === chosen)
  const options = isKnown ? known : [...known, [chosen, chosen] as const]
  return html`<label>${label}<select name="${name}"><option value="">${wordsOf(visit, words).any}</option>
${options.map(([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : nothing}>${text}</option>`)}
</select></label>`
}
