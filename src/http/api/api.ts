import type { Context, Hono } from 'hono'
import { RejectedError } from '../../core/errors.ts'
import { serve } from '../app.ts'
import type { Role } from '../guard.ts'
import { auditOperation } from './audit.ts'
import type { ApiContext } from './context.ts'
import { deliveryOperations } from './deliveries.ts'
import { eventOperations } from './events.ts'
import { explainOperation } from './explain.ts'
import { openApiOperation } from './open-api.ts'
import type { Operation } from './operation.ts'
import { replayOperation } from './replay.ts'
import { routesOperation } from './routes.ts'
import { sinkOperations } from './sinks.ts'
import { streamOperation } from './stream.ts'

/** Everything under /api. `guard` throws for whoever may not see it: strangers do not even learn which paths there are. */
export function serveApi(app: Hono, context: ApiContext, guard: (c: Context) => Role): void {
  const operations = operationsOf(context)
  const reads = new Set(operations.filter(isRead).map(({ about }) => about.path))
  app.use('/api/*', async (c, next) => {
    const role = guard(c)
    c.header('Cache-Control', 'no-store')
    // By POST alone anything is changed: other methods are answered by none but GET and HEAD, which read.
    const mayChange = role === 'admin' || c.req.method !== 'POST' || reads.has(c.req.path)
    if (!mayChange)
      throw new RejectedError(403, 'VIEWER_TOKEN may see everything and change nothing.')
    await next()
  })
  for (const { about, answer } of operations) serve(app, about.method, about.path, answer)
  app.all('/api/*', () => {
    throw new RejectedError(404, 'There is nothing at this path.')
  })
}

function operationsOf(context: ApiContext): readonly Operation[] {
  const operations = [
    ...eventOperations(context),
    ...deliveryOperations(context),
    replayOperation(context),
    ...sinkOperations(context),
    routesOperation(context),
    explainOperation(context),
    auditOperation(context),
    streamOperation(context),
  ]
  return [...operations, openApiOperation(operations)]
}

/** A POST that changes nothing. */
function isRead({ about }: Operation): boolean {
  return about.isRead === true
}
