import { html } from 'hono/html'
import type { ExplainedRoute, Explanation } from '../../core/explanation.ts'
import type { EventHistory } from '../../core/ledger.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { isSending, type SinkView, sinkState } from '../parts/sink-state.ts'
import { moment, number, span } from '../parts/time.ts'
import { href, type Visit, wordsOf } from '../visit.ts'
import type { DeliveryView } from './deliveries.ts'
import { type Outcome, outcomesOf } from './outcome.ts'
import { words } from './words.ts'

interface Shown {
  readonly deliveries: readonly DeliveryView[]
  readonly explanation: Explanation
}

/** Sink by sink: whether it has the event, and why. */
export async function outcomeList(
  visit: Visit,
  history: EventHistory,
  { deliveries, explanation }: Shown,
): Promise<Html> {
  const w = wordsOf(visit, words).outcomes
  const outcomes = outcomesOf(visit.context.plan(), history, deliveries, explanation)
  if (outcomes.length === 0) return html`<p class="faint">${w.none}</p>`
  const isWaiting = outcomes.some(({ delivery }) => delivery?.state === 'pending')
  const sinks = isWaiting ? await sinksOf(visit.context) : []
  const list = (some: readonly Outcome[]) =>
    html`<ul class="card outcomes">${some.map((one) => item(visit, one, { history, sinks }))}</ul>`
  const { told, folded } = split(outcomes)
  return html`${list(told)}
${folded.length === 0 ? nothing : html`<details><summary>${w.others(number(folded.length, visit.language))}</summary>${list(folded)}</details>`}
<p class="faint">${w.note} <a href="${href('/console/routes', { ref: history.ref })}">${w.tester}</a></p>`
}

const MOST_SINKS = 12

/** Where there are many, those that were not owed it, and would not be now, are folded. */
function split(outcomes: readonly Outcome[]) {
  const isPlain = ({ delivery, isOtherNow }: Outcome) => !delivery && !isOtherNow
  const told = outcomes.filter((one) => !isPlain(one))
  const isLong = told.length > 0 && outcomes.length > MOST_SINKS
  return isLong ? { told, folded: outcomes.filter(isPlain) } : { told: outcomes, folded: [] }
}

interface Around {
  readonly history: EventHistory
  /** Empty where nothing waits. */
  readonly sinks: readonly SinkView[]
}

function item(visit: Visit, outcome: Outcome, around: Around): Html {
  return html`<li>
<h3>${sinkName(visit, outcome)}</h3>
<div>${state(visit, outcome, around)}</div>
<div>${why(visit, outcome)}</div>
<div>${action(visit, outcome, around.history.ref)}</div>
</li>
`
}

function sinkName(visit: Visit, { sink, isConfigured }: Outcome): Html {
  const gone = html`<small>${wordsOf(visit, words).outcomes.gone}</small>`
  return html`<a href="/console/sinks/${encodeURIComponent(sink)}">${sink}</a>${isConfigured ? nothing : gone}`
}

const KINDS = { delivered: 'good', pending: 'warn', dead: 'bad' } as const

function state(visit: Visit, { sink, delivery }: Outcome, { history, sinks }: Around): Html {
  const w = wordsOf(visit, words).outcomes
  if (!delivery) {
    const reason = history.problems.length > 0 ? html`<p>${w.quarantined}</p>` : nothing
    return html`<span class="badge">${w.state.none}</span>${reason}`
  }
  const { id, state, attempts, settled_at, reason } = delivery
  const view = sinks.find(({ name }) => name === sink)
  return html`<span class="badge ${KINDS[state]}">${w.state[state]}</span> ${state === 'pending' && view?.configured ? sinkState(view, visit.language) : nothing}
<p>${settled_at === null ? next(visit, delivery, view) : moment(settled_at)}</p>
${attempts === 0 ? nothing : html`<p><a href="#delivery-${id}">${w.attempts(attempts)}</a></p>`}
${reason === null ? lastError(visit, delivery) : html`<p class="bad">${reason}</p>`}`
}

function next(
  visit: Visit,
  { in_flight, next_attempt_at }: DeliveryView,
  sink: SinkView | undefined,
): Html {
  const w = wordsOf(visit, words).outcomes
  if (in_flight || next_attempt_at === null) return html`${w.sending}`
  if (sink && !isSending(sink)) return html`${w.waits}`
  const waitMs = Date.parse(next_attempt_at) - visit.context.runtime.now()
  if (waitMs <= 0) return html`${w.due}`
  return html`${w.next(span(waitMs, visit.language))} ${moment(next_attempt_at)}`
}

function lastError(visit: Visit, { state, history }: DeliveryView): Html {
  const error = history.at(-1)?.error ?? ''
  if (state !== 'pending' || error === '') return nothing
  return html`<p>${wordsOf(visit, words).outcomes.last} ${error}</p>`
}

const MOST_ROUTES = 4

/** Where routes match, these; otherwise, why each that leads there does not. */
function why(visit: Visit, { routes, wouldBeOwed, isOtherNow }: Outcome): Html {
  const w = wordsOf(visit, words).outcomes
  const matching = routes.filter(({ matches }) => matches)
  const told = matching.length > 0 ? matching : routes
  const [first, rest] = [told.slice(0, MOST_ROUTES), told.slice(MOST_ROUTES)]
  const list = (some: readonly ExplainedRoute[]) =>
    html`<ul>${some.map((route) => answer(visit, route))}</ul>`
  return html`${routes.length === 0 ? html`<p>${w.noRoute}</p>` : list(first)}
${rest.length === 0 ? nothing : html`<details><summary>${w.moreRoutes(number(rest.length, visit.language))}</summary>${list(rest)}</details>`}
${isOtherNow ? html`<p class="warn">${wouldBeOwed ? w.nowMatches : w.nowNone}</p>` : nothing}`
}

function answer(visit: Visit, { name, matches, why }: ExplainedRoute): Html {
  const w = wordsOf(visit, words).outcomes
  const link = html`<a href="/console/routes#${encodeURIComponent(name)}">${name}</a>`
  return html`<li>${link} ${matches ? w.matches : w.doesNot(why ?? '')}</li>`
}

/** What an admin can do about it. */
function action(visit: Visit, outcome: Outcome, ref: string): Html {
  if (visit.session.role !== 'admin') return nothing
  const w = wordsOf(visit, words).outcomes
  const { sink, delivery, wouldBeOwed } = outcome
  if (delivery?.state === 'dead') {
    return html`<form method="post" action="/console/events/${ref}/retry">${csrfField(visit)}<button name="delivery" value="${delivery.id}" aria-label="${w.retry} ${sink}">${w.retry}</button></form>`
  }
  if (delivery?.state === 'pending' || !wouldBeOwed) return nothing
  const to = href(`/console/events/${ref}/send`, { sink })
  const text = delivery ? w.again : w.send
  return html`<a class="button" href="${to}" aria-label="${text} ${sink}">${text}</a>`
}
