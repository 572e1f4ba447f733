import { html } from 'hono/html'
import type { LaneStatus } from '../../core/lane/status.ts'
import { sinkOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { routeHref } from '../parts/route-href.ts'
import { hourOf, type SinkHour, sum } from '../parts/sink-minutes.ts'
import { type SinkView, sinkState, stateReason } from '../parts/sink-state.ts'
import { number, percent, span } from '../parts/time.ts'
import { replayLink } from '../replay/link.ts'
import { type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { actions } from './actions.ts'
import { charts } from './charts.ts'
import { options } from './options.ts'
import { waiting } from './waiting.ts'
import { words } from './words.ts'

/** One sink: how it does, what it is owed, and what can be done about it. */
export const sink: PageAt = {
  path: '/console/sinks/:name',
  async get(visit) {
    const { c, context } = visit
    const view = await sinkOf(context, c.req.param('name') ?? '')
    const lane = context.status().find((one) => one.sink === view.name)
    const hour = hourOf(await context.recent.minutes(), view.name)
    const w = wordsOf(visit, words)
    return {
      title: view.name,
      section: 'sinks',
      body: html`${notice(visit, view)}
<div id="sink" data-refresh="5">
${tiles(visit, view, lane, hour)}
<p>${standing(visit, view)}</p>
</div>
<div id="actions" data-refresh="5">${actions(visit, view)}</div>
<h2>${w.lastHour}</h2>
<div id="charts" data-refresh="5">${charts(visit, hour)}</div>
<h2>${w.routes}</h2>
${routes(visit, view)}
${view.configured ? replayLink(visit, view.name) : nothing}
<h2>${w.waiting}</h2>
<div id="waiting" data-refresh="5">${waiting(visit, view)}</div>
${options(visit, view)}`,
    }
  },
}

/** What a form has just done. */
function notice(visit: Visit, { paused }: SinkView): Html {
  const w = wordsOf(visit, words)
  const count = number(Number(param(visit, 'count')) || 0, visit.language)
  const done: Readonly<Record<string, string>> = {
    paused: w.paused,
    resumed: paused ? w.stillPaused : w.resumed,
    discarded: `${w.discarded(count)} ${param(visit, 'more') ? w.goOn : ''}`,
  }
  const text = done[param(visit, 'done') ?? '']
  return text === undefined ? nothing : html`<p class="notice" role="status">${text}</p>`
}

function tiles(visit: Visit, view: SinkView, lane: LaneStatus | undefined, hour: SinkHour): Html {
  const { language, context } = visit
  const w = wordsOf(visit, words)
  const { oldest_pending_at: oldest, dead, name } = view
  const delivered = sum(hour.delivered)
  const tried = delivered + sum(hour.failed)
  const age = oldest === null ? '–' : span(context.runtime.now() - Date.parse(oldest), language)
  const deadLink = html`<a href="/console/dead?sink=${encodeURIComponent(name)}">${number(dead, language)}</a>`
  const facts: readonly (readonly [string, Html | string])[] = [
    [
      w.state,
      html`${sinkState(view, language)}<small>${stateReason(view, lane, language)}</small>`,
    ],
    [w.backlog, number(view.backlog, language)],
    [w.oldest, age],
    [w.inFlight, number(view.in_flight, language)],
    [w.success, percent(delivered, tried, language)],
    [w.dead, dead > 0 ? deadLink : '0'],
  ]
  return html`<dl class="tiles">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** What its state means, where that is not plain. */
function standing(visit: Visit, { configured, paused_by, ready }: SinkView): string {
  const w = wordsOf(visit, words)
  if (!configured) return w.gone
  if (paused_by.includes('file')) return w.pausedByFile
  return ready || paused_by.length > 0 ? '' : w.notReady
}

function routes(visit: Visit, { name }: SinkView): Html {
  const w = wordsOf(visit, words)
  const all = visit.context.plan().written
  const own = [...all.entries()].filter(([, { to }]) => to.includes(name))
  if (own.length === 0) return html`<p class="faint">${w.noRoutes}</p>`
  return html`<ul class="names">${own.map(
    ([at, route]) =>
      html`<li><a href="${routeHref(at)}">${route.name}</a>${
        route.enabled ? nothing : html` <span class="badge">${w.disabled}</span>`
      }</li>`,
  )}</ul>`
}
