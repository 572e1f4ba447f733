import * as T from '@sinclair/typebox'
import type { News } from '../live/news.ts'
import { answerStream, STREAM_TYPE } from '../live/stream.ts'
import type { ApiContext } from './context.ts'
import { optional, type Read, text } from './fields.ts'
import { type Operation, operation } from './operation.ts'
import * as schemas from './schemas.ts'

const streamFields = {
  sink: optional(text('Only news of this sink: `attempt` and `sink`.', 'finance')),
  type: optional(text('Only news of events of this type: `event` and `attempt`.', 'approval_cc')),
  source: optional(text('Only what came by this source: `event`.', 'feishu')),
  after: optional(text('The `ref` of an event: what came since then is told first.', '17')),
}

const headers = {
  'Last-Event-ID': optional(text('The same as `after`, by a client that connects again.', '17')),
}

export function streamOperation({ live }: ApiContext): Operation {
  return operation(
    {
      ...{ method: 'GET', path: '/api/stream', id: 'streamNews', tag: 'gateway' },
      summary: 'What happens now, as server-sent events',
      description:
        '`event` (as in the list of events), `attempt`, `sink`, `config` and `skipped`. A client that connects again says by `Last-Event-ID` which event it knows.',
      query: streamFields,
      headers,
      answer: {
        description: 'A stream that goes on until the client goes or the gateway ends.',
        schema: T.String(),
        example: 'retry: 2000\n\nid: 17\nevent: event\ndata: {"ref":"17", …}\n\n',
        type: STREAM_TYPE,
        messages: {
          event: schemas.eventSchema,
          attempt: schemas.attemptNewsSchema,
          sink: schemas.sinkNewsSchema,
          config: schemas.configNewsSchema,
          skipped: schemas.skippedNewsSchema,
        },
      },
      problems: { 503: 'Too many are watching.' },
    },
    async (c, { query: { after, ...filter } }) => {
      // Nobody reads the body of an answer to HEAD, so that nobody would ever end it.
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': STREAM_TYPE })
      return answerStream(live, {
        textOf: (news) => (passes(news, filter) ? news.text : ''),
        after: c.req.header('last-event-id') ?? after,
      })
    },
  )
}

/** What is about no such thing at all is left out, but for `config` and `skipped`. */
function passes(
  { name, ...news }: News,
  { sink, type, source }: Omit<Read<typeof streamFields>, 'after'>,
): boolean {
  if (name === 'config' || name === 'skipped') return true
  return (
    (sink === undefined || news.sink === sink) &&
    (type === undefined || news.type === type) &&
    (source === undefined || news.source === source)
  )
}
