import type { Hono } from 'hono'
import { RejectedError } from '../../core/errors.ts'
import { serve } from '../app.ts'
import type { ApiContext } from './context.ts'
import { oneOf, optional, readFields, text, time } from './fields.ts'
import { pageFields, pageOf } from './page.ts'
import { queryOf } from './request.ts'
import { eventShape, historyText } from './shapes.ts'

const eventFields = {
  ...pageFields,
  type: optional(text),
  source: optional(text),
  state: optional(oneOf('accepted', 'quarantined')),
  since: optional(time),
  until: optional(time),
  q: optional(text),
}

export function serveEvents(app: Hono, { ledger }: ApiContext): void {
  serve(app, 'GET', '/api/events', async (c) => {
    const query = readFields(queryOf(c), eventFields)
    return c.json(await pageOf(ledger.events({ order: 'newest first', ...query }), eventShape))
  })
  serve(app, 'GET', '/api/events/:id', async (c) => {
    readFields(queryOf(c), {})
    const history = await ledger.event(c.req.param('id') ?? '')
    if (!history) throw new RejectedError(404, 'There is no event of this id.')
    return c.body(historyText(history), 200, { 'Content-Type': 'application/json' })
  })
}
