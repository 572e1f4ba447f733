import { html } from 'hono/html'
import type { RetryPolicy, SinkSettings } from '../../core/plan.ts'
import { type Html, nothing } from '../html.ts'
import type { SinkView } from '../parts/sink-state.ts'
import { number, span } from '../parts/time.ts'
import { yamlOf } from '../parts/yaml.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** What routes.yaml says of the sink, and the settings that come of it; nothing of one that is not there any more. */
export function options(visit: Visit, view: SinkView): Html {
  const plan = visit.context.plan()
  const live = plan.sinks.get(view.name)
  if (!live) return nothing
  const w = wordsOf(visit, words)
  const written = plan.writtenSinks.get(view.name)
  const isBare = written !== undefined && Object.keys(written.options).length === 0
  return html`<h2>${w.inForce}</h2>
${settings(visit, view, live.settings)}
${
  written === undefined
    ? nothing
    : html`<h2>${w.options}</h2>
${isBare ? html`<p class="faint">${w.noOptions}</p>` : html`<pre tabindex="0" role="region" aria-label="${w.options}">${yamlOf(written.options)}</pre>`}
<p class="faint">${written.file}:${String(written.line)}. ${w.optionsNote}</p>`
}`
}

function settings(visit: Visit, view: SinkView, { retry, ...more }: SinkSettings): Html {
  const { language } = visit
  const w = wordsOf(visit, words)
  const { failures, cooldownMs } = more.breaker
  const facts: readonly (readonly [string, string])[] = [
    [w.type, view.type ?? ''],
    [w.timeout, span(more.timeoutMs, language)],
    [w.concurrency, number(more.concurrency, language)],
    [w.retries, schedule(visit, retry)],
    [w.rate, view.rate_limit ?? w.noRate],
    [w.order, view.order_by ?? w.noOrder],
    [w.breaker, w.breakerIs(number(failures, language), span(cooldownMs, language))],
  ]
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}

const WAITS_SHOWN = 12

function schedule(visit: Visit, { waits }: RetryPolicy): string {
  const { language } = visit
  const w = wordsOf(visit, words)
  if (waits.length === 0) return w.once
  const shown = waits.slice(0, WAITS_SHOWN).map((wait) => span(wait, language))
  const more = waits.length > WAITS_SHOWN ? ['…'] : []
  return w.schedule(number(waits.length + 1, language), [...shown, ...more].join(', '))
}
