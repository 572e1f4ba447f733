import { type EventFilter, passes } from '../../core/event-filter.ts'
import type { News } from '../../http/live/news.ts'
import { answerStream, STREAM_TYPE } from '../../http/live/stream.ts'
import { eventRow } from '../parts/event-row.ts'
import { type PageAt, param, type Visit } from '../visit.ts'
import { filterOf } from './filter.ts'

/** New events as the list's rows, by server-sent events; its parameters are the list's. `after`: the `ref` of its first. */
export const stream: PageAt = {
  path: '/console/stream',
  get(visit) {
    const { c, context, language } = visit
    // Nobody reads the body of an answer to HEAD, so that nobody would ever end it.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': STREAM_TYPE })
    const filter = filterOf(visit)
    return answerStream(context.live, {
      textOf: (news) => textOf({ context, language }, filter, news),
      after: c.req.header('last-event-id') ?? param(visit, 'after'),
    })
  },
}

function textOf(
  visit: Pick<Visit, 'context' | 'language'>,
  filter: EventFilter,
  { name, stored, text }: News,
): string {
  if (name === 'skipped') return text
  if (!stored || !passes(stored, filter)) return ''
  // Nothing of a row is waited for.
  const lines = String(eventRow(visit, stored)).split(/\r\n|\r|\n/)
  return `id: ${stored.ref}\nevent: row\n${lines.map((line) => `data: ${line}\n`).join('')}\n`
}
