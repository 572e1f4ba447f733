import { html } from 'hono/html'
import type { LiveSource, Plan } from '../../core/plan.ts'
import type { Html } from '../html.ts'
import { table } from '../parts/table.ts'
import { moment, number, span } from '../parts/time.ts'
import { type PageAt, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** What is in force of routes.yaml, and why the file of now is not, where it is not. */
export const problems: PageAt = {
  path: '/console/problems',
  get(visit) {
    const w = wordsOf(visit, words)
    const plan = visit.context.plan()
    return {
      title: w.title,
      section: 'problems',
      body: html`<div id="reload" data-refresh="5">${lastReload(visit)}
<h2>${w.force}</h2>
${facts(visit, plan)}
<h2>${w.sources}</h2>
${sources(visit, plan)}
</div>
<p><a href="/console/audit">${w.audit}</a></p>`,
    }
  },
}

function lastReload(visit: Visit): Html {
  const w = wordsOf(visit, words)
  const reload = visit.context.recent.lastReload()
  if (!reload) return html`<p>${w.never}</p>`
  const { at, result, problems } = reload
  if (result === 'applied') return html`<p class="notice">${w.applied} ${moment(at)}</p>`
  return html`<p class="notice bad"><strong>${w.rejected}</strong> ${moment(at)}</p>
<p>${w.whatToDo}</p>
<pre class="exact" tabindex="0" role="region" aria-label="${w.problems}">${problems}</pre>`
}

function facts(visit: Visit, { sinks, written, retention, redact, alerts }: Plan): Html {
  const { language } = visit
  const w = wordsOf(visit, words)
  const disabled = written.filter(({ enabled }) => !enabled).length
  const off = disabled === 0 ? '' : ` (${w.disabled(number(disabled, language))})`
  const kept = w.kept(span(retention.deliveredMs, language), span(retention.deadMs, language))
  const toldOf = alerts?.events.map((event) => w.events[event]).join(', ') ?? ''
  const rows: readonly (readonly [string, Html | string])[] = [
    [w.sinks, html`<a href="/console/sinks">${number(sinks.size, language)}</a>`],
    [w.routes, html`<a href="/console/routes">${number(written.length, language)}</a>${off}`],
    [w.retention, kept],
    [w.redact, redact.fields.size === 0 ? w.nothingHidden : [...redact.fields].join(', ')],
    [w.alerts, alerts ? `${alerts.to.join(', ')}: ${w.alertsOf(toldOf)}` : w.noAlerts],
  ]
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}

function sources(visit: Visit, { sources }: Plan): Html {
  const w = wordsOf(visit, words)
  const rows = sources.map((live) => sourceRow(visit, live))
  return table(w.sources, [w.source, w.where, w.types, w.state], rows)
}

function sourceRow(visit: Visit, { name, path, events, source }: LiveSource): Html {
  const w = wordsOf(visit, words)
  return html`<tr>
<th scope="row"><a href="/console/events?source=${encodeURIComponent(name)}">${name}</a></th>
<td>${path === undefined ? w.connects : html`<code class="path">${path}</code>`}</td>
<td>${events === '*' ? w.everyType : events.join(', ')}</td>
<td>${state(visit, source.connected?.())}</td>
</tr>`
}

/** Of a source that has no connection there is none to tell of. */
function state(visit: Visit, connected: boolean | undefined): Html {
  const w = wordsOf(visit, words)
  if (connected === undefined) return html`<span class="badge good">${w.listens}</span>`
  return connected
    ? html`<span class="badge good">${w.connected}</span>`
    : html`<span class="badge bad">${w.notConnected}</span>`
}
