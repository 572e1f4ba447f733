import { html } from 'hono/html'
import { durationOf, type Minute } from '../../core/recent.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { eventTable } from '../parts/event-row.ts'
import type { SinkView } from '../parts/sink-state.ts'
import { number, percent, span } from '../parts/time.ts'
import { type PageAt, type Visit, wordsOf } from '../visit.ts'
import { attemptsOf, total } from './attempts.ts'
import { attention } from './attention.ts'
import { charts } from './charts.ts'
import { sinkTable } from './sinks.ts'
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
${attention(visit, sinks)}
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
