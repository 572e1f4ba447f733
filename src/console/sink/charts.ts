import { html } from 'hono/html'
import type { Html } from '../html.ts'
import { chart, type Series } from '../parts/chart.ts'
import { durations, type SinkHour, sum } from '../parts/sink-minutes.ts'
import { number, span } from '../parts/time.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** The last hour of one sink. */
export function charts(visit: Visit, hour: SinkHour): Html {
  const { language } = visit
  const w = wordsOf(visit, words)
  const { delivered, failed, owed } = hour
  const p95 = durations(hour, 0.95)
  const count = (value: number) => number(value, language)
  const time = (value: number) => `≤ ${span(value, language)}`
  return html`<div class="charts">
${figure(w.perMinute, w.inAll(count(sum(delivered)), count(sum(failed))), [
  { kind: 'good', values: delivered },
  { kind: 'bad', values: failed },
])}
${figure(w.latencies, nowAndMost(visit, p95, time), [
  { kind: 'plain', values: p95 },
  { kind: 'good', values: durations(hour, 0.5) },
])}
${figure(w.backlogOf, nowAndMost(visit, owed, count), [{ kind: 'plain', values: owed }])}
</div>`
}

function figure(title: string, inWords: string, series: readonly Series[]): Html {
  return html`<figure><figcaption>${title}<small>${inWords}</small></figcaption>${chart('chart', series, `${title}: ${inWords}`)}</figure>`
}

function nowAndMost(
  visit: Visit,
  values: Series['values'],
  shown: (value: number) => string,
): string {
  const known = values.filter((value) => value !== null)
  const latest = known.at(-1)
  if (latest === undefined) return '–'
  return wordsOf(visit, words).now(shown(latest), shown(Math.max(...known)))
}
