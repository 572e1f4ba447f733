import { RejectedError } from '../../core/errors.ts'
import { eventMeant } from '../../core/event-name.ts'
import type { ApiContext } from './context.ts'
import * as examples from './examples.ts'
import { oneOf, optional, text } from './fields.ts'
import { type Operation, operation } from './operation.ts'
import { lookOn, pageFields, pageOf } from './page.ts'
import { eventHistorySchema, eventSchema, pageSchema } from './schemas.ts'
import { eventShape, historyText } from './shapes.ts'
import { time } from './time.ts'

const eventFields = {
  ...pageFields,
  type: optional(text('Only events of this type.', 'approval_cc')),
  source: optional(text('Only what came by this source.', 'feishu')),
  state: optional(oneOf('Only events in this state.', 'accepted', 'quarantined')),
  since: optional(time('Accepted then or later.')),
  until: optional(time('Accepted before.')),
  q: optional(text('Exactly an event id, instance_code, approval_code or user_id.')),
}

export function eventOperations({ ledger, plan }: ApiContext): readonly Operation[] {
  const list = operation(
    {
      ...{ method: 'GET', path: '/api/events', id: 'listEvents', tag: 'events' },
      summary: 'Stored events, newest first',
      description: 'A page may have fewer items than `limit`, or none, and still a `next`.',
      query: eventFields,
      answer: {
        description: 'A page of events.',
        schema: pageSchema(eventSchema),
        example: examples.page(examples.event),
      },
    },
    async (c, { query }) => {
      const read = (cursor: string | undefined) =>
        ledger.events({ order: 'newest first', ...query, cursor })
      const reading = lookOn(read, query.cursor)
      return c.json(await pageOf(reading, (stored) => eventShape(stored, plan())))
    },
  )
  const show = operation(
    {
      ...{ method: 'GET', path: '/api/events/:id', id: 'getEvent', tag: 'events' },
      summary: 'One event: its body, its deliveries and their attempts',
      params: {
        id: text(
          'Its id (the latest of that id), or its `ref`; `ref:17` is a `ref` for certain.',
          examples.event.id,
        ),
      },
      answer: {
        description: 'The event.',
        schema: eventHistorySchema,
        example: examples.history,
      },
      problems: { 404: 'There is no such event.' },
    },
    async (c) => {
      const history = await eventMeant(c.req.param('id') ?? '', ledger)
      if (!history) throw new RejectedError(404, 'There is no event of this id.')
      const body = historyText(history, plan())
      return c.body(body, 200, { 'Content-Type': 'application/json' })
    },
  )
  return [list, show]
}
