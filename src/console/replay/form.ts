import { html } from 'hono/html'
import type { Html } from '../html.ts'
import { choice } from '../parts/choice.ts'
import { timeField } from '../parts/time-field.ts'
import { href, param, type Visit, wordsOf } from '../visit.ts'
import { PATH, SPANS, type Span } from './asked.ts'
import { words } from './words.ts'

/** Which events, to whom. It leads to the count, never to the work. */
export function askingForm(visit: Visit): Html {
  const w = wordsOf(visit, words)
  const { routes, sinks, written } = visit.context.plan()
  // A route whose name is a value from outside is not to be shown.
  const shown = written.filter(({ name, enabled }) => enabled && routes.includes(name))
  const resend = param(visit, 'resend')
  return html`<form class="filter" action="${PATH}" aria-label="${w.form}">
${timeField(visit, 'since', w.since)}
${timeField(visit, 'until', w.until)}
${choice(w.onlySink, 'sink', named([...sinks.keys()]), { chosen: param(visit, 'sink'), any: w.anySink })}
${choice(w.onlyRoute, 'route', named(shown.map(({ name }) => name)), { chosen: param(visit, 'route'), any: w.anyRoute })}
<p class="check"><input type="checkbox" id="resend" name="resend" value="1" aria-describedby="resend-means"${resend ? html` checked` : ''}>
<label for="resend">${w.resend}</label> <span id="resend-means" class="faint">${w.resendMeans}</span></p>
<button class="main" name="count" value="1">${w.count}</button>
</form>
<p class="faint">${w.orLast} ${spans(visit)}</p>`
}

function named(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map((name) => [name, name] as const)
}

function spans(visit: Visit): Html {
  const w = wordsOf(visit, words)
  const { sink, route, resend } = visit.c.req.query()
  const names = Object.keys(SPANS) as Span[]
  return html`${names.map((last, at) => {
    const to = href(PATH, { last, sink, route, resend, count: '1' })
    return html`${at === 0 ? '' : ' · '}<a href="${to}">${w.spans[last]}</a>`
  })}`
}
