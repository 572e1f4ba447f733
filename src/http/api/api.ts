import type { Context, Hono } from 'hono'
import { RejectedError } from '../../core/errors.ts'
import { serve } from '../app.ts'
import type { ApiContext } from './context.ts'
import { serveDeliveries } from './deliveries.ts'
import { serveEvents } from './events.ts'
import { readFields } from './fields.ts'
import { pageFields, pageOf } from './page.ts'
import { serveReplay } from './replay.ts'
import { queryOf } from './request.ts'
import { auditShape } from './shapes.ts'
import { serveSinks } from './sinks.ts'

/** Everything under /api. `guard` throws for whoever may not see it: strangers do not even learn which paths there are. */
export function serveApi(app: Hono, context: ApiContext, guard: (c: Context) => void): void {
  app.use('/api/*', async (c, next) => {
    guard(c)
    c.header('Cache-Control', 'no-store')
    await next()
  })
  serveEvents(app, context)
  serveDeliveries(app, context)
  serveReplay(app, context)
  serveSinks(app, context)
  serve(app, 'GET', '/api/audit', async (c) => {
    const query = readFields(queryOf(c), pageFields)
    return c.json(await pageOf(context.ledger.audit(query), auditShape))
  })
  app.all('/api/*', () => {
    throw new RejectedError(404, 'There is nothing at this path.')
  })
}
