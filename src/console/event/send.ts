import { html } from 'hono/html'
import type { EventHistory, Redelivery } from '../../core/ledger.ts'
import { redeliveryOf } from '../../core/operations/replay.ts'
import { replayEvent } from '../../core/operations/replay-event.ts'
import { type Preview, previewsOf } from '../../http/api/previews.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { operatorOf } from '../operator.ts'
import { told } from '../parts/told.ts'
import { type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { after } from './after.ts'
import { askedFor } from './event.ts'
import { words } from './send-words.ts'

/** Asks before the event is sent to one sink, once more or at last; a quarantined one, to all that its routes lead to. */
export const send: PageAt = {
  path: '/console/events/:ref/send',
  adminsOnly: true,
  async get(visit) {
    const history = await askedFor(visit)
    const body = await confirmation(visit, history, param(visit, 'sink'))
    return { title: wordsOf(visit, words).title, section: 'events', body }
  },
  async post(visit) {
    const { context, form } = visit
    const history = await askedFor(visit)
    const sink = form.get('sink') || undefined
    // Who presses twice, or was not the first to, does not send it twice.
    const seen = Number(form.get('seen'))
    if (seen !== owedTo(history, sink)) return after(visit, history.ref, 'changed')
    const operator = { ...operatorOf(visit), routing: context.plan() }
    const resend = sink !== undefined && seen > 0
    const { owed } = await replayEvent(operator, history, { sink, resend })
    return after(visit, history.ref, owed > 0 ? 'sent' : 'nothing')
  },
}

/** How often the event was owed to a sink, or to any. */
function owedTo({ deliveries }: EventHistory, sink: string | undefined): number {
  return deliveries.filter((one) => sink === undefined || one.sink === sink).length
}

async function confirmation(
  visit: Visit,
  history: EventHistory,
  sink: string | undefined,
): Promise<Html> {
  const w = wordsOf(visit, words)
  const { ref, event } = history
  const plan = visit.context.plan()
  const redelivery = mayGo(visit, history, sink)
  const cancel = html`<a class="quiet" href="/console/events/${ref}">${w.cancel}</a>`
  if (!redelivery) return html`<p>${w.nothing} ${cancel}</p>`
  const names = redelivery.owed.map((one) => one.sink)
  const sinks = await sinksOf(visit.context)
  const paused = sinks.filter((one) => one.paused && names.includes(one.name))
  const seen = owedTo(history, sink)
  const previews = Object.entries(await previewsOf(plan, event, names))
  return html`${redelivery.cleared ? html`<p>${w.cleared}</p>` : nothing}
<p>${(seen > 0 ? w.again : w.first)(names.join(', '))}</p>
${paused.map(({ name }) => html`<p class="warn">${w.paused(name)}</p>`)}
<form method="post" action="/console/events/${ref}/send" class="confirm">${csrfField(visit)}
<input type="hidden" name="sink" value="${sink ?? ''}"><input type="hidden" name="seen" value="${seen}">
<p><button class="main">${w.submit}</button> ${cancel}</p>
</form>
<h2>${w.preview}</h2>
${previews.map(([name, preview]) => html`<h3>${name}</h3>${body(visit, name, preview)}`)}`
}

/** What it would owe; undefined where that is nothing. Only a quarantined one is sent wherever its routes lead. */
function mayGo(
  { context }: Visit,
  history: EventHistory,
  sink: string | undefined,
): Redelivery | undefined {
  if (sink === undefined && history.problems.length === 0) return undefined
  const redelivery = redeliveryOf(context.plan(), history, { sink })
  return redelivery && redelivery.owed.length > 0 ? redelivery : undefined
}

function body(visit: Visit, sink: string, { body, error }: Preview): Html {
  const w = wordsOf(visit, words)
  if (error !== null)
    return html`<p class="bad">${w.previewFails} ${told(error, visit.language)}</p>`
  if (body === null) return html`<p class="faint">${w.noPreview}</p>`
  return html`<pre tabindex="0" role="region" aria-label="${sink}">${body}</pre>`
}
