import { type EventFilter, passes } from '../../core/event-filter.ts'
import type { News } from '../../http/live/news.ts'
import { answerStream, STREAM_TYPE } from '../../http/live/stream.ts'
import type { Html } from '../html.ts'
import { eventRow, outcomeRow } from '../parts/event-row.ts'
import { type PageAt, param, type Visit } from '../visit.ts'
import { filterOf } from './filter.ts'

/**
 * New events as the list's rows, and what becomes of those that it has, by server-sent events; its parameters are the
 * list's. `after`: the `ref` of its first.
 */
export const stream: PageAt = {
  path: '/console/stream',
  get(visit) {
    const { c, context, language, session } = visit
    // Nobody reads the body of an answer to HEAD, so that nobody would ever end it.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': STREAM_TYPE })
    const filter = filterOf(visit)
    return answerStream(context.live, {
      textOf: (news) => textOf({ context, language }, filter, news),
      after: c.req.header('last-event-id') ?? param(visit, 'after'),
      isOver: session.isOver,
    })
  },
}

function textOf(
  visit: Pick<Visit, 'context' | 'language'>,
  filter: EventFilter,
  { name, about, text }: News,
): string {
  if (name === 'skipped') return text
  // One that is quarantined no longer is in the list still.
  const isOutcome = name === 'outcome'
  const wanted = isOutcome ? { ...filter, state: undefined } : filter
  if (!about || !passes(about.stored, wanted)) return ''
  if (isOutcome) return `event: outcome\n${dataOf(outcomeRow(visit, about))}\n`
  return `id: ${about.stored.ref}\nevent: row\n${dataOf(eventRow(visit, about))}\n`
}

/** Nothing of a row is waited for. */
function dataOf(row: Html): string {
  const lines = String(row).split(/\r\n|\r|\n/)
  return lines.map((line) => `data: ${line}\n`).join('')
}
