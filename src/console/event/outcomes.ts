import { html } from 'hono/html'
import type { ExplainedRoute, Explanation } from '../../core/explanation.ts'
import type { EventHistory } from '../../core/ledger.ts'
import { isOwn } from '../../core/own-events.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { type SinkView, sinkState } from '../parts/sink-state.ts'
import { moment, number, span } from '../parts/time.ts'
import { href, type Visit, wordsOf } from '../visit.ts'
import type { DeliveryView } from './deliveries.ts'
import { words } from './words.ts'

/** What one sink has of the event. */
interface Outcome {
  readonly sink: string
  readonly isConfigured: boolean
  /** The latest one; undefined where the sink was never owed the event. */
  readonly delivery: DeliveryView | undefined
  /** Those of the routes of now that lead there. */
  readonly routes: readonly ExplainedRoute[]
  /** Whether by these it would be owed. */
  readonly wouldBeOwed: boolean
}

/** Sink by sink: whether it has the event, and why. Those that were owed it come first. */
export async function outcomeList(
  visit: Visit,
  history: EventHistory,
  shown: { readonly deliveries: readonly DeliveryView[]; readonly explanation: Explanation },
): Promise<Html> {
  const w = wordsOf(visit, words).outcomes
  const outcomes = outcomesOf(visit, shown.deliveries, shown.explanation)
  const isWaiting = outcomes.some(({ delivery }) => delivery?.state === 'pending')
  const sinks = isWaiting ? await sinksOf(visit.context) : []
  if (outcomes.length === 0) return html`<p class="faint">${w.none}</p>`
  return html`<ul class="card outcomes">
${outcomes.map(
  (outcome) => html`<li>
<h3>${sinkName(visit, outcome)}</h3>
<div>${state(visit, outcome, { history, sinks })}</div>
<div>${why(visit, outcome)}</div>
<div>${isOwn(history.event) ? nothing : action(visit, outcome, history)}</div>
</li>`,
)}
</ul>
<p class="faint">${w.note} <a href="${href('/console/routes', { ref: history.ref })}">${w.tester}</a></p>`
}

function outcomesOf(
  { context }: Visit,
  deliveries: readonly DeliveryView[],
  { routes, sinks }: Explanation,
): readonly Outcome[] {
  const configured = context.plan().sinks
  const names = new Set([...deliveries.map(({ sink }) => sink), ...configured.keys()])
  const outcomes = [...names].map((sink) => ({
    sink,
    isConfigured: configured.has(sink),
    delivery: deliveries.findLast((one) => one.sink === sink),
    routes: routes.filter(({ to }) => to.includes(sink)),
    wouldBeOwed: sinks.includes(sink),
  }))
  return outcomes.toSorted((a, b) => Number(!a.delivery) - Number(!b.delivery))
}

function sinkName(visit: Visit, { sink, isConfigured }: Outcome): Html {
  const gone = html`<small>${wordsOf(visit, words).outcomes.gone}</small>`
  return html`<a href="/console/sinks/${encodeURIComponent(sink)}">${sink}</a>${isConfigured ? nothing : gone}`
}

const KINDS = { delivered: 'good', pending: 'warn', dead: 'bad' } as const

function state(
  visit: Visit,
  { sink, delivery }: Outcome,
  { history, sinks }: { history: EventHistory; sinks: readonly SinkView[] },
): Html {
  const w = wordsOf(visit, words).outcomes
  if (!delivery) {
    const reason = history.problems.length > 0 ? html`<p>${w.quarantined}</p>` : nothing
    return html`<span class="badge">${w.state.none}</span>${reason}`
  }
  const { id, state, attempts, settled_at, reason } = delivery
  const tried = number(Math.max(attempts, state === 'delivered' ? 1 : 0), visit.language)
  const view = sinks.find(({ name }) => name === sink)
  return html`<span class="badge ${KINDS[state]}">${w.state[state]}</span> ${state === 'pending' && view ? sinkState(view, visit.language) : nothing}
<p>${settled_at === null ? next(visit, delivery) : moment(settled_at)} <a class="faint" href="#delivery-${id}">${w.attempts(tried)}</a></p>
${reason === null ? lastError(visit, delivery) : html`<p class="bad">${reason}</p>`}`
}

function next(visit: Visit, { in_flight, next_attempt_at }: DeliveryView): Html {
  const w = wordsOf(visit, words).outcomes
  if (in_flight || next_attempt_at === null) return html`${w.sending}`
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
function why(visit: Visit, { delivery, routes, wouldBeOwed }: Outcome): Html {
  const w = wordsOf(visit, words).outcomes
  const matching = routes.filter(({ matches }) => matches)
  const told = matching.length > 0 ? matching : routes
  const [first, rest] = [told.slice(0, MOST_ROUTES), told.slice(MOST_ROUTES)]
  const list = (some: readonly ExplainedRoute[]) =>
    html`<ul>${some.map((route) => answer(visit, route))}</ul>`
  const isOther = wouldBeOwed === (delivery === undefined)
  return html`${routes.length === 0 ? html`<p>${w.noRoute}</p>` : list(first)}
${rest.length === 0 ? nothing : html`<details><summary>${w.moreRoutes(number(rest.length, visit.language))}</summary>${list(rest)}</details>`}
${isOther ? html`<p class="warn">${wouldBeOwed ? w.nowMatches : w.nowNone}</p>` : nothing}`
}

function answer(visit: Visit, { name, matches, why }: ExplainedRoute): Html {
  const w = wordsOf(visit, words).outcomes
  const link = html`<a href="/console/routes#${encodeURIComponent(name)}">${name}</a>`
  return html`<li>${link} ${matches ? w.matches : html`${w.doesNot} ${why ?? ''}`}</li>`
}

/** What an admin can do about it. */
function action(visit: Visit, outcome: Outcome, { ref, problems }: EventHistory): Html {
  if (visit.session.role !== 'admin') return nothing
  const w = wordsOf(visit, words).outcomes
  const { sink, delivery, wouldBeOwed } = outcome
  if (delivery?.state === 'dead') {
    return html`<form method="post" action="/console/events/${ref}/retry">${csrfField(visit)}<button name="delivery" value="${delivery.id}" aria-label="${w.retryOf(sink)}">${w.retry}</button></form>`
  }
  if (delivery?.state === 'pending' || !wouldBeOwed || problems.length > 0) return nothing
  const to = href(`/console/events/${ref}/send`, { sink })
  return html`<a class="button" href="${to}" aria-label="${w.sendOf(sink)}">${delivery ? w.again : w.send}</a>`
}
