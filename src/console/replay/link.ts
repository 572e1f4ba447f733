import { html } from 'hono/html'
import { timestampOf } from '../../core/operations/operation.ts'
import { type Html, nothing } from '../html.ts'
import { href, type Visit, wordsOf } from '../visit.ts'
import { PATH } from './asked.ts'
import { words } from './words.ts'

/** The way to a replay from a page that shows why one is needed, for whoever may. */
export function replayLink(visit: Visit, sink?: string): Html {
  if (visit.session.role !== 'admin') return nothing
  const w = wordsOf(visit, words)
  return html`<p><a href="${href(PATH, { sink })}">${sink === undefined ? w.link : w.toSink}</a></p>`
}

/** The same of all that a sink has missed since an event that it was not owed, counted already. */
export function missedLink(visit: Visit, sink: string, acceptedAt: number): Html {
  if (visit.session.role !== 'admin') return nothing
  const { missed } = wordsOf(visit, words)
  const to = href(PATH, { since: timestampOf(acceptedAt), sink, count: '1' })
  return html`<p><a href="${to}" aria-label="${missed} ${sink}">${missed}</a></p>`
}
