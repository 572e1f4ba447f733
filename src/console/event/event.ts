import { html } from 'hono/html'
import { RejectedError } from '../../core/errors.ts'
import { indentJson } from '../../core/indent-json.ts'
import type { EventHistory } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import { explainFor } from '../../http/api/explain.ts'
import { deliveriesOf } from '../../http/api/shapes.ts'
import { type Html, nothing } from '../html.ts'
import { clipped, eventField } from '../parts/event-field.ts'
import { reasonWords } from '../parts/reason-words.ts'
import { number } from '../parts/time.ts'
import { type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { deliveryList } from './deliveries.ts'
import { facts } from './facts.ts'
import { outcomesOf } from './outcome.ts'
import { outcomeWords } from './outcome-words.ts'
import { outcomeList } from './outcomes.ts'
import { quarantine } from './quarantine.ts'
import { sinkChoice } from './sink-choice.ts'
import { words } from './words.ts'

/** One event: what it is, and why each sink has it or has it not. */
export const event: PageAt = {
  path: '/console/events/:ref',
  async get(visit) {
    const history = await askedFor(visit)
    const { event } = history
    const w = wordsOf(visit, words)
    const plan = visit.context.plan()
    const say = wordsOf(visit, reasonWords)
    const explanation = explainFor(plan, event, plan.checkAgain(event), say)
    const deliveries = deliveriesOf(history, plan)
    const outcomes = outcomesOf(plan, history, deliveries, explanation)
    const isPending = deliveries.some(({ state }) => state === 'pending')
    const type = clipped(printable(event.type)) || w.noType
    return {
      title: `${type} ${clipped(eventField(visit, event, 'operate'))}`.trim(),
      section: 'events',
      body: html`${notice(visit, isPending)}
${history.problems.length === 0 ? nothing : quarantine(visit, history, explanation)}
${facts(visit, history)}
<h2>${wordsOf(visit, outcomeWords).title}</h2>
${sinkChoice(visit, history.ref, outcomes)}
<div id="outcome"${refreshed(isPending)}>
${outcomeList(visit, history, outcomes)}
<h2>${w.deliveries.title}</h2>
${deliveryList(visit, deliveries)}
</div>
<h2>${w.payload.title}</h2>
${payload(visit, history)}`,
    }
  },
}

/** The event of the address. Throws RejectedError 404 where there is none. */
export async function askedFor(visit: Visit): Promise<EventHistory> {
  const history = await visit.context.ledger.event({ ref: visit.c.req.param('ref') ?? '' })
  if (history) return history
  throw new RejectedError(404, wordsOf(visit, words).notFound)
}

/** Until it is known how all of it ended. */
function refreshed(isPending: boolean): Html {
  return isPending ? html` data-refresh="3"` : nothing
}

/** What a form has just done; once it has ended, that it has. */
function notice(visit: Visit, isPending: boolean): Html {
  const { done, ended } = wordsOf(visit, words)
  const what = param(visit, 'done')
  if (what === 'retried' || what === 'sent') {
    return html`<div id="done" role="status"${refreshed(isPending)}><p class="notice">${isPending ? done[what] : ended}</p></div>`
  }
  if (what === 'nothing' || what === 'changed')
    return html`<p class="notice warn" role="status">${done[what]}</p>`
  return nothing
}

/** A body of a megabyte may have half a million of them. */
const MOST_LINES = 2000

function payload(visit: Visit, { event }: EventHistory): Html {
  const w = wordsOf(visit, words).payload
  const json = visit.context.plan().redact.json(event.raw)
  const lines = indentJson(json, MOST_LINES + 1)
  const shown = lines.slice(0, MOST_LINES).map(printable).join('\n')
  const isCut = lines.length > MOST_LINES
  return html`<p class="faint">${w.note}${isCut ? ` ${w.cut(number(MOST_LINES, visit.language))}` : nothing}</p>
<pre tabindex="0" role="region" aria-label="${w.title}">${shown}</pre>`
}
