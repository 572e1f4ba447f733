import { html } from 'hono/html'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { Minute } from '../../core/recent.ts'
import { type Html, nothing } from '../html.ts'
import { type Cell, cards } from '../parts/cards.ts'
import { chart } from '../parts/chart.ts'
import { durationInHour, hourOf, sum } from '../parts/sink-minutes.ts'
import { type SinkView, sinkState, stateOf, stateReason } from '../parts/sink-state.ts'
import { figures } from '../parts/table.ts'
import { number, percent, span } from '../parts/time.ts'
import { worstFirst } from '../parts/worst-first.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { label, outcomes } from './charts.ts'
import { words } from './words.ts'

/** Of those that do well, no more stand on this page. */
const MOST_WELL = 20

/** How each sink does, the worst first. */
export function sinkTable(
  visit: Visit,
  minutes: readonly Minute[],
  sinks: readonly SinkView[],
): Html {
  const w = wordsOf(visit, words)
  const isWell = (sink: SinkView) => stateOf(sink) === 'fine' && sink.dead === 0
  const ordered = worstFirst(sinks)
  const well = ordered.filter(isWell)
  const shown = [...ordered.filter((sink) => !isWell(sink)), ...well.slice(0, MOST_WELL)]
  const columns = [
    ...[{ head: w.sink, kind: 'name' } as const, w.state],
    { head: w.attempts, kind: 'curve' } as const,
    ...[w.success, w.latency, w.backlog, w.oldest].map(figures),
    { head: w.backlogHour, kind: 'curve' } as const,
    figures(w.dead),
  ]
  const lanes = new Map(visit.context.status().map((lane) => [lane.sink, lane]))
  const rows = shown.map((sink) => cellsOf(visit, minutes, sink, lanes.get(sink.name)))
  const more = number(well.length - MOST_WELL, visit.language)
  return html`${cards(w.sinks, columns, rows)}
${well.length > MOST_WELL ? html`<p><a href="/console/sinks">${w.moreWell(more)}</a></p>` : nothing}`
}

function cellsOf(
  visit: Visit,
  minutes: readonly Minute[],
  sink: SinkView,
  lane: LaneStatus | undefined,
): readonly Cell[] {
  const { language, context } = visit
  const { name, oldest_pending_at: oldest } = sink
  const w = wordsOf(visit, words)
  const hour = hourOf(minutes, name)
  const delivered = sum(hour.delivered)
  const p95 = durationInHour(hour, 0.95)
  const curves = outcomes(hour.delivered, hour.failed)
  const dead = html`<a href="/console/dead?sink=${encodeURIComponent(name)}">${number(sink.dead, language)}</a>`
  return [
    html`<a href="/console/sinks/${encodeURIComponent(name)}">${name}</a>`,
    html`${sinkState(sink, language)} <small>${stateReason(sink, lane, language)}</small>`,
    chart('spark', curves, label(visit, w.attempts, hour.delivered)),
    percent(delivered, delivered + sum(hour.failed), language),
    p95 === null ? '–' : `≤ ${span(p95, language)}`,
    number(sink.backlog, language),
    oldest === null ? '' : span(context.runtime.now() - Date.parse(oldest), language),
    chart('spark', [{ kind: 'plain', values: hour.owed }], label(visit, w.backlogHour, hour.owed)),
    sink.dead > 0 ? dead : '0',
  ]
}
