import { html } from 'hono/html'
import type { Minute } from '../../core/recent.ts'
import type { Html } from '../html.ts'
import { chart, type Series } from '../parts/chart.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { attemptsOf, total } from './attempts.ts'
import { words } from './words.ts'

/** What came and what was delivered, minute by minute. */
export function charts(visit: Visit, minutes: readonly Minute[]): Html {
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
export function outcomes(
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
export function label(visit: Visit, what: string, values: Series['values']): string {
  const known = values.filter((value) => value !== null)
  return wordsOf(visit, words).chart(what, known.at(-1) ?? 0, Math.max(0, ...known))
}
