import { html } from 'hono/html'
import type { EventHistory } from '../../core/ledger.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { routeHref } from '../parts/route-href.ts'
import { isSending, type SinkView, sinkState, stateReason } from '../parts/sink-state.ts'
import { moment, number, span } from '../parts/time.ts'
import { told } from '../parts/told.ts'
import { missedLink } from '../replay/link.ts'
import { href, type Visit, wordsOf } from '../visit.ts'
import type { DeliveryView } from './deliveries.ts'
import type { Outcome, PlacedRoute } from './outcome.ts'
import { outcomeWords } from './outcome-words.ts'

interface Around {
  readonly history: EventHistory
  /** Empty where nothing waits. */
  readonly sinks: readonly SinkView[]
  /** The sink that the address names: nothing of it is folded. */
  readonly asked: string | undefined
}

/** One sink's row. */
export function outcomeItem(visit: Visit, outcome: Outcome, around: Around): Html {
  return html`<li>
<h3>${sinkName(visit, outcome)}</h3>
<div>${state(visit, outcome, around)}</div>
<div>${why(visit, outcome, around)}</div>
<div>${remedy(visit, outcome, around)}</div>
</li>
`
}

function sinkHref(sink: string): string {
  return `/console/sinks/${encodeURIComponent(sink)}`
}

function sinkName(visit: Visit, { sink, isConfigured }: Outcome): Html {
  const gone = html`<small>${wordsOf(visit, outcomeWords).gone}</small>`
  return html`<a href="${sinkHref(sink)}">${sink}</a>${isConfigured ? nothing : gone}`
}

const KINDS = { delivered: 'good', pending: 'warn', dead: 'bad' } as const

function state(visit: Visit, { sink, delivery }: Outcome, { history, sinks }: Around): Html {
  const w = wordsOf(visit, outcomeWords)
  if (!delivery) {
    const reason = history.problems.length > 0 ? html`<p>${w.quarantined}</p>` : nothing
    return html`<span class="badge">${w.state.none}</span>${reason}`
  }
  const { id, state, attempts, settled_at, reason } = delivery
  const view = sinks.find(({ name }) => name === sink)
  return html`<span class="badge ${KINDS[state]}">${w.state[state]}</span> ${state === 'pending' && view?.configured ? sinkState(view, visit.language) : nothing}
<p>${settled_at === null ? next(visit, delivery, view) : moment(settled_at)}</p>
${attempts === 0 ? nothing : html`<p><a href="#delivery-${id}">${w.attempts(attempts)}</a></p>`}
${reason === null ? lastError(visit, delivery) : html`<p class="bad">${told(reason, visit.language)}</p>`}`
}

function next(
  visit: Visit,
  { in_flight, next_attempt_at }: DeliveryView,
  sink: SinkView | undefined,
): Html {
  const w = wordsOf(visit, outcomeWords)
  if (in_flight || next_attempt_at === null) return html`${w.sending}`
  if (sink && !isSending(sink)) return held(visit, sink)
  const waitMs = Date.parse(next_attempt_at) - visit.context.runtime.now()
  if (waitMs <= 0) return html`${w.due}`
  return html`${w.next(span(waitMs, visit.language))} ${moment(next_attempt_at)}`
}

/** What holds the sink up, and where that can be ended. */
function held(visit: Visit, sink: SinkView): Html {
  const w = wordsOf(visit, outcomeWords)
  if (!sink.configured) return html`${w.waitsForGone}`
  const lane = visit.context.status().find((one) => one.sink === sink.name)
  const mayResume = visit.session.role === 'admin' && sink.paused_by.some((by) => by !== 'file')
  return html`${stateReason(sink, lane, visit.language)} <a href="${sinkHref(sink.name)}" aria-label="${sink.name}: ${mayResume ? w.resume : w.toSink}">${mayResume ? w.resume : w.toSink}</a>`
}

function lastError(visit: Visit, { state, history }: DeliveryView): Html {
  const error = history.at(-1)?.error ?? ''
  if (state !== 'pending' || error === '') return nothing
  return html`<p>${wordsOf(visit, outcomeWords).last} ${told(error, visit.language)}</p>`
}

const MOST_ROUTES = 4

/** What its routes say. */
function why(visit: Visit, { sink, routes, now }: Outcome, { asked, history }: Around): Html {
  const w = wordsOf(visit, outcomeWords)
  const most = sink === asked ? routes.length : MOST_ROUTES
  const rest = routes.slice(most)
  const list = (some: readonly PlacedRoute[]) =>
    html`<ul>${some.map((route) => answer(visit, route))}</ul>`
  return html`${routes.length === 0 ? html`<p>${w.noRoute}</p>` : list(routes.slice(0, most))}
${rest.length === 0 ? nothing : html`<details><summary>${w.moreRoutes(number(rest.length, visit.language))}</summary>${list(rest)}</details>`}
${now === undefined ? nothing : html`<p class="warn">${w.now[now]}</p>`}
${now === 'owed' ? missedLink(visit, sink, history.acceptedAt) : nothing}`
}

function answer(visit: Visit, { at, name, matches, why }: PlacedRoute): Html {
  const w = wordsOf(visit, outcomeWords)
  return html`<li><a href="${routeHref(at)}">${name}</a> ${matches ? w.matches : w.doesNot(why ?? '')}</li>`
}

function remedy(visit: Visit, { sink, delivery, remedy }: Outcome, { history }: Around): Html {
  if (visit.session.role !== 'admin' || remedy === undefined) return nothing
  const at = `/console/events/${history.ref}`
  const text = wordsOf(visit, outcomeWords).remedy[remedy]
  const label = `${text} ${sink}`
  if (remedy === 'retry') {
    return html`<form method="post" action="${at}/retry">${csrfField(visit)}<button name="delivery" value="${delivery?.id ?? ''}" aria-label="${label}">${text}</button></form>`
  }
  return html`<a class="button" href="${href(`${at}/send`, { sink })}" aria-label="${label}">${text}</a>`
}
