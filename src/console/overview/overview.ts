import { html } from 'hono/html'
import { durationOf, type Minute, type SinkMinute } from '../../core/recent.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { chart, type Series } from '../parts/chart.ts'
import { eventTable } from '../parts/event-row.ts'
import { type SinkView, sinkState } from '../parts/sink-state.ts'
import { number, percent, span } from '../parts/time.ts'
import { type PageAt, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

const NEWEST = 8

/** How it goes, at a glance; and from here to any approval. */
export const overview: PageAt = {
  path: '/console',
  async get(visit) {
    const { context } = visit
    const [minutes, sinks, events] = await Promise.all([
      context.recent.minutes(),
      sinksOf(context),
      context.ledger.events({ order: 'newest first', limit: NEWEST }),
    ])
    const w = wordsOf(visit, words)
    return {
      title: w.title,
      section: 'overview',
      body: html`${search(visit)}
<div id="overview" data-refresh="5">
${tiles(visit, minutes, sinks)}
${charts(visit, minutes)}
<h2>${w.sinks}</h2>
${sinks.length === 0 ? html`<p class="faint">${w.noSinks}</p>` : sinkTable(visit, minutes, sinks)}
<h2>${w.newest}</h2>
${events.items.length === 0 ? html`<p class="faint">${w.noEvents}</p>` : eventTable(visit, events.items)}
<p><a href="/console/events">${w.all}</a></p>
</div>`,
    }
  },
}

/** The way to one event, from any page. */
function search(visit: Visit, q = ''): Html {
  const w = wordsOf(visit, words)
  return html`<form class="search" role="search" action="/console/events">
  <label for="q">${w.search}</label>
  <input id="q" name="q" type="search" value="${q}" aria-describedby="q-hint">
  <button class="main">${w.find}</button>
  <span id="q-hint" class="faint">${w.searchHint}</span>
</form>`
}

function tiles(visit: Visit, minutes: readonly Minute[], sinks: readonly SinkView[]): Html {
  const w = wordsOf(visit, words)
  const { language } = visit
  const sum = (of: (minute: Minute) => number) => minutes.reduce((all, one) => all + of(one), 0)
  const received = sum((one) => one.received.accepted + one.received.quarantined)
  const quarantined = sum((one) => one.received.quarantined)
  const rejected = sum((one) => one.received.rejected)
  const attempts = attemptsOf(minutes)
  const p95 = durationOf(attempts, 0.95)
  const delivered = total(attempts, 'delivered')
  const tried = delivered + total(attempts, 'failed') + total(attempts, 'dead')
  const all = (of: (sink: SinkView) => number) => sinks.reduce((count, sink) => count + of(sink), 0)
  const more = [
    quarantined > 0 ? `${number(quarantined, language)} ${w.quarantined}` : '',
    rejected > 0 ? `${number(rejected, language)} ${w.rejected}` : '',
  ].filter((text) => text !== '')
  return html`<p class="faint">${w.lastHour}, ${w.thisGateway}</p>
<dl class="tiles">
${tile(w.events, number(received, language), more.join(', '))}
${tile(w.success, percent(delivered, tried, language))}
${tile(w.latency, p95 === null ? '–' : `≤ ${Number.isFinite(p95) ? span(p95, language) : '∞'}`)}
${tile(
  w.backlog,
  number(
    all(({ backlog }) => backlog),
    language,
  ),
)}
${tile(
  w.dead,
  number(
    all(({ dead }) => dead),
    language,
  ),
  '',
  '/console/dead',
)}
</dl>`
}

function tile(name: string, value: string, more = '', link = ''): Html {
  const shown = link === '' ? value : html`<a href="${link}">${value}</a>`
  return html`<div><dt>${name}</dt><dd>${shown}${more ? html`<small>${more}</small>` : nothing}</dd></div>`
}

function charts(visit: Visit, minutes: readonly Minute[]): Html {
  const w = wordsOf(visit, words)
  const events = minutes.map(({ received }) => received.accepted + received.quarantined)
  const sinks = minutes.map((minute) => attemptsOf([minute]))
  const delivered = sinks.map((one) => total(one, 'delivered'))
  const failed = sinks.map((one) => total(one, 'failed') + total(one, 'dead'))
  return html`<div class="charts">
${figure(visit, w.eventsPerMinute, [{ kind: 'plain', values: events }])}
${figure(visit, w.deliveriesPerMinute, outcomes(delivered, failed))}
</div>`
}

/** Where nothing fails, there is no red line. */
function outcomes(
  delivered: readonly number[],
  failed: readonly number[],
): readonly [Series, ...Series[]] {
  const good: Series = { kind: 'good', values: delivered }
  return failed.some((count) => count > 0) ? [good, { kind: 'bad', values: failed }] : [good]
}

function figure(visit: Visit, title: string, series: readonly [Series, ...Series[]]): Html {
  return html`<figure><figcaption>${title}</figcaption>${chart('chart', series, label(visit, title, series[0].values))}</figure>`
}

/** What a curve shows, in words. */
function label(visit: Visit, what: string, values: Series['values']): string {
  const known = values.filter((value) => value !== null)
  return wordsOf(visit, words).chart(what, known.at(-1) ?? 0, Math.max(0, ...known))
}

function sinkTable(visit: Visit, minutes: readonly Minute[], sinks: readonly SinkView[]): Html {
  const w = wordsOf(visit, words)
  const texts = [w.sink, w.state, w.attempts].map((name) => [name, ''])
  const numbers = [w.success, w.latency, w.backlog, w.oldest].map((name) => [name, 'number'])
  const heads = [...texts, ...numbers, [w.backlogHour, ''], [w.dead, 'number']]
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${w.sinks}">
<table>
<thead><tr>${heads.map(([name, kind]) => html`<th class="${kind}">${name}</th>`)}</tr></thead>
<tbody>${sinks.map((sink) => sinkRow(visit, minutes, sink))}</tbody>
</table>
</div>`
}

function sinkRow(visit: Visit, minutes: readonly Minute[], sink: SinkView): Html {
  const { language, context } = visit
  const { name, oldest_pending_at: oldest } = sink
  const w = wordsOf(visit, words)
  const own = minutes.map(({ sinks }) => sinks.get(name))
  const attempts = own.filter((one) => one !== undefined)
  const delivered = own.map((one) => one?.delivered ?? 0)
  const failed = own.map((one) => (one ? one.failed + one.dead : 0))
  const owed = minutes.map((minute) => (minute.owed ? (minute.owed.get(name)?.pending ?? 0) : null))
  const tried = [...delivered, ...failed].reduce((sum, one) => sum + one, 0)
  const p95 = durationOf(attempts, 0.95)
  const age = oldest === null ? '' : span(context.runtime.now() - Date.parse(oldest), language)
  const curves = outcomes(delivered, failed)
  return html`<tr>
<th scope="row"><a href="/console/sinks/${encodeURIComponent(name)}">${name}</a></th>
<td>${sinkState(sink, language)}</td>
<td>${chart('spark', curves, label(visit, w.attempts, delivered))}</td>
<td class="number">${percent(total(attempts, 'delivered'), tried, language)}</td>
<td class="number">${p95 === null ? '–' : span(p95, language)}</td>
<td class="number">${number(sink.backlog, language)}</td>
<td class="number">${age}</td>
<td>${chart('spark', [{ kind: 'plain', values: owed }], label(visit, w.backlogHour, owed))}</td>
<td class="number">${sink.dead > 0 ? html`<a href="/console/dead?sink=${encodeURIComponent(name)}">${number(sink.dead, language)}</a>` : '0'}</td>
</tr>`
}

function attemptsOf(minutes: readonly Minute[]): readonly SinkMinute[] {
  return minutes.flatMap(({ sinks }) => [...sinks.values()])
}

function total(attempts: readonly SinkMinute[], of: 'delivered' | 'failed' | 'dead'): number {
  return attempts.reduce((sum, one) => sum + one[of], 0)
}
