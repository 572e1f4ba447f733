import { html } from 'hono/html'
import type { Explanation } from '../../core/explanation.ts'
import type { WrittenRoute } from '../../core/plan.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { routeId } from '../parts/route-href.ts'
import { table } from '../parts/table.ts'
import { yamlOf } from '../parts/yaml.ts'
import { replayLink } from '../replay/link.ts'
import { type Page, type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { result } from './result.ts'
import { exampleTrial, givenTrial, storedTrial, type Trial, untried } from './trial.ts'
import { words } from './words.ts'

/** The routes as they are written, and what they would make of an event. */
export const routes: PageAt = {
  path: '/console/routes',
  viewersMayPost: true,
  async get(visit) {
    const ref = param(visit, 'ref')
    if (ref !== undefined) return page(visit, await storedTrial(visit, ref))
    return page(visit, param(visit, 'example') ? exampleTrial(visit, 'exampleIs') : untried)
  },
  async post(visit) {
    const text = visit.form.get('event') ?? ''
    const isEmpty = text.trim() === ''
    return page(visit, isEmpty ? exampleTrial(visit, 'empty') : await givenTrial(visit, text))
  },
}

function page(visit: Visit, trial: Trial): Page {
  const w = wordsOf(visit, words)
  const { written } = visit.context.plan()
  const explained = trial.explained?.shown
  return {
    title: w.title,
    section: 'routes',
    body: html`${tester(visit, trial)}
${trial.explained ? html`<h2 id="result">${w.result}</h2>${result(visit, trial.explained)}` : nothing}
<h2>${w.routes}</h2>
${replayLink(visit)}
${written.length === 0 ? html`<p class="faint">${w.none}</p>` : routeTable(visit, written, explained)}`,
  }
}

const FEWEST_ROWS = 4
const MOST_ROWS = 24

function tester(visit: Visit, { text, note, fault }: Trial): Html {
  const w = wordsOf(visit, words)
  const lines = text.split('\n').length
  const rows = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, lines + 1))
  return html`<form method="post" action="/console/routes#result" class="tester">
${csrfField(visit)}
<h2><label for="event">${w.tester}</label></h2>
<p id="event-hint" class="faint">${w.testerHint}</p>
${note === '' ? nothing : html`<p class="notice" role="status">${note}</p>`}
${fault ? html`<div class="notice bad" role="alert">${fault}</div>` : nothing}
<textarea id="event" name="event" rows="${String(rows)}" spellcheck="false" autocomplete="off" aria-describedby="event-hint">
${text}</textarea>
<p class="buttons"><button class="main">${w.submit}</button> <a class="quiet" href="/console/routes?example=1">${w.example}</a></p>
</form>`
}

function routeTable(
  visit: Visit,
  written: readonly WrittenRoute[],
  explained: Explanation | undefined,
): Html {
  const w = wordsOf(visit, words)
  const heads = [w.name, ...(explained ? [w.answer] : []), w.condition, w.to, w.place]
  const rows = written.map((route, at) => routeRow(visit, route, at, explained?.routes[at]))
  return html`${explained ? html`<p class="faint">${w.nowNote}</p>` : nothing}${table(w.routes, heads, rows)}`
}

function routeRow(
  visit: Visit,
  route: WrittenRoute,
  at: number,
  answer: Explanation['routes'][number] | undefined,
): Html {
  const w = wordsOf(visit, words)
  const { name, from, match, to, enabled, file, line } = route
  const place = [file, line].filter((part) => part !== undefined).join(':')
  return html`<tr id="${routeId(at)}">
<th scope="row">${name}${enabled ? nothing : html` <span class="badge">${w.disabled}</span>`}${from ? html`<small>${w.from} ${from.join(', ')}</small>` : nothing}</th>
${answer ? html`<td>${answered(visit, answer)}</td>` : nothing}
<td>${match ? html`<code class="yaml">${yamlOf(match)}</code>` : html`<span class="faint">${w.everyEvent}</span>`}</td>
<td>${to.map((sink) => html`<a href="/console/sinks/${encodeURIComponent(sink)}">${sink}</a><br>`)}</td>
<td class="faint">${place}</td>
</tr>`
}

function answered(visit: Visit, { matches, why }: Explanation['routes'][number]): Html {
  const w = wordsOf(visit, words)
  return matches ? html`<span class="badge good">${w.matches}</span>` : html`${why ?? ''}`
}
