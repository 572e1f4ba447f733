import type { Hono } from 'hono'
import type { DeadSelection } from '../../core/ledger.ts'
import { retryDead } from '../../core/operations/retry-dead.ts'
import { serve } from '../app.ts'
import { type ApiContext, operatorOf } from './context.ts'
import {
  badRequest,
  flag,
  object,
  oneOf,
  optional,
  readFields,
  text,
  texts,
  time,
  withDefault,
} from './fields.ts'
import { pageFields, pageOf } from './page.ts'
import { bodyOf, queryOf } from './request.ts'
import { deliveryShape } from './shapes.ts'
import { checkSink } from './sink-filter.ts'
import { answerWork } from './work.ts'

const filterFields = {
  sink: optional(text),
  event: optional(text),
  since: optional(time),
  until: optional(time),
}

const deliveryFields = {
  ...pageFields,
  ...filterFields,
  state: optional(oneOf('pending', 'delivered', 'dead')),
}

const retryFields = {
  ids: optional(texts),
  filter: optional(object(filterFields)),
  dry_run: withDefault(flag, false),
}

export function serveDeliveries(app: Hono, context: ApiContext): void {
  serve(app, 'GET', '/api/deliveries', async (c) => {
    const query = readFields(queryOf(c), deliveryFields)
    await checkSink(context, query.sink, 'sink')
    return c.json(await pageOf(context.ledger.deliveries(query), deliveryShape))
  })
  serve(app, 'POST', '/api/deliveries/retry', async (c) => {
    readFields(queryOf(c), {})
    const { ids, filter, dry_run: dryRun } = readFields(await bodyOf(c), retryFields)
    const selection = selectionOf(ids, filter)
    await checkSink(context, filter?.sink, 'filter.sink')
    return answerWork(c, context, async (progress, signal) => {
      const operator = { ...operatorOf(c, context), signal }
      const retried = await retryDead(operator, { selection, dryRun }, progress)
      return { dry_run: dryRun, ...retried }
    })
  })
}

function selectionOf(
  ids: readonly string[] | undefined,
  filter: Extract<DeadSelection, { filter: unknown }>['filter'] | undefined,
): DeadSelection {
  if (ids && !filter) return { ids }
  if (filter && !ids) return { filter }
  throw badRequest([{ path: '', message: 'name ids or a filter, and not both' }])
}
