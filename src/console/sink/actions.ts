import { html } from 'hono/html'
import { type Discarded, discard } from '../../core/operations/discard.ts'
import { pauseSink, resumeSink } from '../../core/operations/pause-sink.ts'
import { sinkOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { inTime, operatorOf } from '../operator.ts'
import type { SinkView } from '../parts/sink-state.ts'
import { number, span } from '../parts/time.ts'
import { href, type Page, type PageAt, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** The buttons, for whoever may use them, and what each means. */
export function actions(visit: Visit, view: SinkView): Html {
  if (visit.session.role !== 'admin') return nothing
  const w = wordsOf(visit, words)
  const by = new Set<string>(view.paused_by)
  const mayResume = by.has('operator') || by.has('receiver')
  const mayPause = view.configured && !view.paused
  return html`<div class="actions">
${mayResume ? action(visit, view, 'resume', w.resume, w.resumeMeans) : nothing}
${mayPause ? action(visit, view, 'pause', w.pause, w.pauseMeans) : nothing}
${view.backlog > 0 ? html`<p><a class="button danger" href="${pathOf(view.name)}/discard">${w.discard}</a></p>` : nothing}
</div>`
}

function action(visit: Visit, { name }: SinkView, what: string, text: string, means: string): Html {
  return html`<form method="post" action="${pathOf(name)}/${what}">${csrfField(visit)}<button aria-describedby="${what}-means">${text}</button> <span id="${what}-means" class="faint">${means}</span></form>`
}

function pathOf(name: string): string {
  return `/console/sinks/${encodeURIComponent(name)}`
}

export const pause = change('pause', pauseSink, 'paused')
export const resume = change('resume', resumeSink, 'resumed')

function change(
  what: string,
  work: typeof pauseSink | typeof resumeSink,
  done: 'paused' | 'resumed',
): PageAt {
  return {
    path: `/console/sinks/:name/${what}`,
    async post(visit) {
      const { context } = visit
      const { name } = await asked(visit)
      await work(operatorOf(visit), { sink: name })
      context.wake()
      return visit.c.redirect(href(pathOf(name), { done }), 303)
    },
  }
}

/** The sink of the address. Throws RejectedError 404 where there is none. */
function asked({ c, context }: Visit): Promise<SinkView> {
  return sinkOf(context, c.req.param('name') ?? '')
}

/** What one request does of it. */
const DISCARDING_MS = 10_000

export const discardBacklog: PageAt = {
  path: '/console/sinks/:name/discard',
  adminsOnly: true,
  get: async (visit) => confirmation(visit, await asked(visit), nothing),
  async post(visit) {
    const { c, context, form } = visit
    const view = await asked(visit)
    const w = wordsOf(visit, words).confirm
    if (form.get('name')?.trim() !== view.name) {
      c.status(400)
      return confirmation(visit, view, html`<p class="notice bad" role="alert">${w.wrong}</p>`)
    }
    const { done, more } = await inTime<Discarded>(context, DISCARDING_MS, (report, signal) =>
      discard({ ...operatorOf(visit), signal }, { sink: view.name }, report),
    )
    context.wake()
    const count = String(done?.discarded ?? 0)
    const to = { done: 'discarded', count, more: more ? '1' : undefined }
    return c.redirect(href(pathOf(view.name), to), 303)
  },
}

function confirmation(visit: Visit, view: SinkView, wrong: Html): Page {
  const { language, context } = visit
  const w = wordsOf(visit, words).confirm
  const { name, backlog, in_flight: inFlight } = view
  const keptFor = span(context.plan().retention.deadMs, language)
  const form = html`<p>${w.what(number(backlog, language))} ${w.keep(keptFor)}</p>
${inFlight > 0 ? html`<p>${w.inFlight(number(inFlight, language))}</p>` : nothing}
<form method="post" class="confirm">${csrfField(visit)}
<label for="name">${w.type(name)}</label>
<input id="name" name="name" required autocomplete="off" autocapitalize="off" spellcheck="false">
<p><button class="danger">${w.submit}</button> <a class="quiet" href="${pathOf(name)}">${w.cancel}</a></p>
</form>`
  const back = html`<p>${w.nothing} <a href="${pathOf(name)}">${name}</a></p>`
  return {
    title: w.title(name),
    section: 'sinks',
    body: html`${wrong}${backlog > 0 ? form : back}`,
  }
}
