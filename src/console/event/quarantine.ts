import { html } from 'hono/html'
import type { Explanation } from '../../core/explanation.ts'
import type { EventHistory } from '../../core/ledger.ts'
import { eventShape } from '../../http/api/shapes.ts'
import { type Html, nothing } from '../html.ts'
import { told } from '../parts/told.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** Why it was sent to nobody, and whether it could be now. */
export function quarantine(
  visit: Visit,
  history: EventHistory,
  { problems: problemsNow, sinks }: Explanation,
): Html {
  const w = wordsOf(visit, words).quarantine
  const { ref, id, problems } = eventShape(history, visit.context.plan())
  const isSame = problemsNow.join('\n') === problems.join('\n')
  const isAdmin = visit.session.role === 'admin'
  return html`<section class="notice bad" aria-labelledby="quarantine">
<h2 id="quarantine">${w.title}</h2>
<p>${w.means}</p>
${list(visit, problems)}
${problemsNow.length === 0 || isSame ? nothing : html`<p>${w.now}</p>${list(visit, problemsNow)}`}
${problemsNow.length > 0 ? nothing : html`<p>${id === '' ? w.noId : w.nowFine}</p>`}
${isAdmin && id !== '' && sinks.length > 0 ? html`<p><a class="button" href="/console/events/${ref}/send">${w.send}</a></p>` : nothing}
</section>`
}

function list({ language }: Visit, problems: readonly string[]): Html {
  return html`<ul>${problems.map((problem) => html`<li>${told(problem, language)}</li>`)}</ul>`
}
