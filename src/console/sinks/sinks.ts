import { html } from 'hono/html'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { Minute } from '../../core/recent.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { nothing } from '../html.ts'
import { type Cell, cards } from '../parts/cards.ts'
import { chart } from '../parts/chart.ts'
import { durationInHour, hourOf, sum } from '../parts/sink-minutes.ts'
import { type SinkView, sinkState, stateReason } from '../parts/sink-state.ts'
import { figures } from '../parts/table.ts'
import { number, span } from '../parts/time.ts'
import { worstFirst } from '../parts/worst-first.ts'
import { type PageAt, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** Every sink, and how it does, the worst first. */
export const sinks: PageAt = {
  path: '/console/sinks',
  async get(visit) {
    const { context } = visit
    const w = wordsOf(visit, words)
    const [minutes, all] = await Promise.all([context.recent.minutes(), sinksOf(context)])
    const columns = [
      ...[{ head: w.sink, kind: 'name' } as const, w.state],
      { head: w.deliveries, kind: 'curve' } as const,
      ...[w.perMinute, w.latency, w.inFlight, w.backlog, w.oldest, w.dead].map(figures),
      w.limits,
    ]
    const lanes = new Map(context.status().map((lane) => [lane.sink, lane]))
    const rows = worstFirst(all).map((sink) => cellsOf(visit, sink, minutes, lanes.get(sink.name)))
    return {
      title: w.title,
      section: 'sinks',
      body:
        all.length === 0
          ? html`<p class="faint">${w.none}</p>`
          : html`<div id="sinks" data-refresh="5">${cards(w.title, columns, rows)}
<p class="faint">${w.lastHour}</p></div>`,
    }
  },
}

function cellsOf(
  visit: Visit,
  sink: SinkView,
  minutes: readonly Minute[],
  lane: LaneStatus | undefined,
): readonly Cell[] {
  const { language, context } = visit
  const w = wordsOf(visit, words)
  const { name, oldest_pending_at: oldest, dead, failed_per_minute: failed } = sink
  const count = (value: number) => number(value, language)
  const hour = hourOf(minutes, name)
  const p95 = durationInHour(hour, 0.95)
  const curves = [
    { kind: 'good', values: hour.delivered },
    { kind: 'bad', values: hour.failed },
  ] as const
  return [
    html`<a href="/console/sinks/${encodeURIComponent(name)}">${name}</a><small>${sink.type ?? nothing}</small>`,
    html`${sinkState(sink, language)}<small>${stateReason(sink, lane, language)}</small>`,
    chart('spark', curves, w.shown(sum(hour.delivered), sum(hour.failed))),
    html`${count(sink.delivered_per_minute)}${failed > 0 ? html`<small class="bad">${w.failed(count(failed))}</small>` : nothing}`,
    p95 === null ? '–' : `≤ ${span(p95, language)}`,
    count(sink.in_flight),
    count(sink.backlog),
    oldest === null ? '' : span(context.runtime.now() - Date.parse(oldest), language),
    dead > 0
      ? html`<a href="/console/dead?sink=${encodeURIComponent(name)}">${count(dead)}</a>`
      : '0',
    html`${sink.rate_limit ?? '–'}${sink.order_by === null ? nothing : html`<small>${w.orderBy(sink.order_by)}</small>`}`,
  ]
}
