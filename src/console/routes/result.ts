import { html } from 'hono/html'
import { indentJson } from '../../core/indent-json.ts'
import { type Preview, previewsOf } from '../../http/api/previews.ts'
import { type Html, nothing } from '../html.ts'
import { number } from '../parts/time.ts'
import { told } from '../parts/told.ts'
import { type Visit, wordsOf } from '../visit.ts'
import type { Explained } from './trial.ts'
import { words } from './words.ts'

/** Who would get the event, and what. */
export async function result(visit: Visit, { plan, event, shown }: Explained): Promise<Html> {
  const w = wordsOf(visit, words)
  const { type, id, problems, routes, sinks } = shown
  const { language } = visit
  const matching = number(routes.filter(({ matches }) => matches).length, language)
  const isAccepted = plan.sources.some((source) => source.accepts(event.type))
  const link = (sink: string) =>
    html`<a class="badge good" href="/console/sinks/${encodeURIComponent(sink)}">${sink}</a> `
  return html`<dl class="facts">
<dt>${w.type}</dt><dd>${type || w.noType}</dd>
<dt>${w.id}</dt><dd><code>${id || '–'}</code></dd>
<dt>${w.owedTo}</dt><dd>${sinks.length === 0 ? w.owedToNobody : sinks.map(link)}</dd>
</dl>
${isAccepted ? nothing : html`<p class="notice warn">${w.ignored}</p>`}
${problems.length === 0 ? nothing : html`<div class="notice bad"><p>${w.quarantined}</p><ul>${problems.map((one) => html`<li>${told(one, language)}</li>`)}</ul></div>`}
<p class="faint">${w.matching(matching, number(routes.length, language))}</p>
${sinks.length === 0 ? nothing : previews(visit, await previewsOf(plan, event, sinks), sinks.length)}`
}

function previews(visit: Visit, made: Readonly<Record<string, Preview>>, sinks: number): Html {
  const w = wordsOf(visit, words)
  const entries = Object.entries(made)
  const isPart = entries.length < sinks
  return html`<h3>${w.sent}</h3>
${entries.map(
  ([sink, preview], at) =>
    html`<details${at === 0 ? html` open` : nothing}><summary>${sink}</summary>${body(visit, sink, preview)}</details>`,
)}
${isPart ? html`<p class="faint">${w.someShown(number(entries.length, visit.language))}</p>` : nothing}`
}

function body(visit: Visit, sink: string, { body, error }: Preview): Html {
  const w = wordsOf(visit, words)
  if (error !== null)
    return html`<p class="bad">${w.previewFails} ${told(error, visit.language)}</p>`
  if (body === null) return html`<p class="faint">${w.noPreview}</p>`
  const text = isJson(body) ? [...indentJson(body)].join('\n') : body
  const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
  return html`<pre tabindex="0" role="region" aria-label="${sink}">${shown}</pre>`
}

/** Characters: an event may have a million, and go to many. */
const MOST_SHOWN = 65_536

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
