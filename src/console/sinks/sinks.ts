import { html } from 'hono/html'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { Minute } from '../../core/recent.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { chart } from '../parts/chart.ts'
import { durationInHour, hourOf, sum } from '../parts/sink-minutes.ts'
import { type SinkView, sinkState, stateReason } from '../parts/sink-state.ts'
import { figures, table } from '../parts/table.ts'
import { number, span } from '../parts/time.ts'
import { type PageAt, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** Every sink, and how it does. */
export const sinks: PageAt = {
  path: '/console/sinks',
  async get(visit) {
    const { context } = visit
    const w = wordsOf(visit, words)
    const [minutes, all] = await Promise.all([context.recent.minutes(), sinksOf(context)])
    const heads = [
      ...[w.sink, w.state, w.deliveries],
      ...[w.perMinute, w.latency, w.inFlight, w.backlog, w.oldest, w.dead].map(figures),
      w.limits,
    ]
    const lanes = new Map(context.status().map((lane) => [lane.sink, lane]))
    const rows = all.map((sink) => sinkRow(visit, sink, minutes, lanes.get(sink.name)))
    return {
      title: w.title,
      section: 'sinks',
      body:
        all.length === 0
          ? html`<p class="faint">${w.none}</p>`
          : html`<div id="sinks" data-refresh="5">${table(w.title, heads, rows)}
<p class="faint">${w.lastHour}</p></div>`,
    }
  },
}

function sinkRow(
  visit: Visit,
  sink: SinkView,
  minutes: readonly Minute[],
  lane: LaneStatus | undefined,
): Html {
  const { language, context } = visit
  const w = wordsOf(visit, words)
  const { name, oldest_pending_at: oldest, dead } = sink
  const hour = hourOf(minutes, name)
  const p95 = durationInHour(hour, 0.95)
  const shown = w.shown(sum(hour.delivered), sum(hour.failed))
  const curves = [
    { kind: 'good', values: hour.delivered },
    { kind: 'bad', values: hour.failed },
  ] as const
  return html`<tr>
<th scope="row"><a href="/console/sinks/${encodeURIComponent(name)}">${name}</a><small>${sink.type ?? nothing}</small></th>
<td>${sinkState(sink, language)}<small>${stateReason(sink, lane, language)}</small></td>
<td>${chart('spark', curves, shown)}</td>
<td class="number">${number(sink.delivered_per_minute, language)}${sink.failed_per_minute > 0 ? html`<small class="bad">${w.failed(number(sink.failed_per_minute, language))}</small>` : nothing}</td>
<td class="number">${p95 === null ? '–' : `≤ ${span(p95, language)}`}</td>
<td class="number">${number(sink.in_flight, language)}</td>
<td class="number">${number(sink.backlog, language)}</td>
<td class="number">${oldest === null ? '' : span(context.runtime.now() - Date.parse(oldest), language)}</td>
<td class="number">${dead > 0 ? html`<a href="/console/dead?sink=${encodeURIComponent(name)}">${number(dead, language)}</a>` : '0'}</td>
<td>${sink.rate_limit ?? '–'}${sink.order_by === null ? nothing : html`<small>${w.orderBy(sink.order_by)}</small>`}</td>
</tr>`
}
