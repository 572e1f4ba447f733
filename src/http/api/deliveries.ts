import { filterMeant } from '../../core/event-name.ts'
import type { DeadSelection, DeliveryFilter, StoredDelivery } from '../../core/ledger.ts'
import { retryDead } from '../../core/operations/retry-dead.ts'
import { type ApiContext, operatorOf } from './context.ts'
import { workProblems } from './ending.ts'
import { eventsInTurn } from './events-in-turn.ts'
import * as examples from './examples.ts'
import { badRequest, flag, object, oneOf, optional, text, texts, withDefault } from './fields.ts'
import { type Operation, operation } from './operation.ts'
import { lookOn, pageFields, pageOf } from './page.ts'
import { deliverySchema, pageSchema, retriedProgressSchema, retriedSchema } from './schemas.ts'
import { shownDelivery } from './shapes.ts'
import { checkSink } from './sink-filter.ts'
import { time } from './time.ts'
import { answerWork } from './work.ts'

const filterFields = {
  sink: optional(text('Only deliveries to this sink.', 'finance')),
  event: optional(
    text('Only those of this event: its id, or its `ref`; `ref:17` is a `ref` for certain.'),
  ),
  since: optional(time('Owed then or later.')),
  until: optional(time('Owed before.')),
}

const deliveryFields = {
  ...pageFields,
  ...filterFields,
  state: optional(oneOf('Only deliveries in this state.', 'pending', 'delivered', 'dead')),
}

const retryFilter = {
  ...filterFields,
  state: optional(oneOf('None but these are retried.', 'dead')),
}

const retryFields = {
  ids: optional(texts('These deliveries. Ids that are not of dead ones are passed over.')),
  filter: optional(object('All dead ones that pass it; an empty one is all.', retryFilter)),
  dry_run: withDefault(flag('Only counts.'), false),
}

export function deliveryOperations(context: ApiContext): readonly Operation[] {
  return [list(context), retry(context)]
}

function list(context: ApiContext): Operation {
  const { ledger, plan } = context
  return operation(
    {
      ...{ method: 'GET', path: '/api/deliveries', id: 'listDeliveries', tag: 'deliveries' },
      summary: 'What sinks are or were owed, newest first',
      description: 'A `sink` that is neither in routes.yaml nor was ever owed anything is 400.',
      query: deliveryFields,
      answer: {
        description: 'A page of deliveries.',
        schema: pageSchema(deliverySchema),
        example: examples.page(examples.delivery),
      },
    },
    async (c, { query }) => {
      await checkSink(context, query.sink, 'sink')
      const hiding = plan()
      const meant = await filterMeant(query, ledger)
      const read = (cursor: string | undefined) => ledger.deliveries({ ...meant, cursor })
      const reading = lookOn(read, query.cursor)
      const events = eventsInTurn(ledger)
      const shape = (delivery: StoredDelivery) => shownDelivery(delivery, hiding, events)
      return c.json(await pageOf(reading, shape))
    },
  )
}

function retry(context: ApiContext): Operation {
  return operation(
    {
      ...{ method: 'POST', path: '/api/deliveries/retry', id: 'retryDeliveries' },
      tag: 'deliveries',
      summary: 'Dead letters are owed again, their attempts counted from 1',
      description: 'Named by `ids` or by a `filter`, and not by both.',
      body: retryFields,
      bodyRule: { oneOf: [{ required: ['ids'] }, { required: ['filter'] }] },
      answer: {
        description: 'How many.',
        schema: retriedSchema,
        example: { dry_run: false, retried: 17 },
        progress: retriedProgressSchema,
      },
      problems: workProblems,
    },
    async (c, { body: { ids, filter, dry_run: dryRun } }) => {
      const meant = filter && (await filterMeant(filter, context.ledger))
      const selection = selectionOf(ids, meant)
      await checkSink(context, filter?.sink, 'filter.sink')
      return answerWork(c, context, async (progress, signal) => {
        const operator = { ...operatorOf(c, context), signal }
        const retried = await retryDead(operator, { selection, dryRun }, progress)
        return { dry_run: dryRun, ...retried }
      })
    },
  )
}

function selectionOf(
  ids: readonly string[] | undefined,
  filter: DeliveryFilter | undefined,
): DeadSelection {
  if (ids && !filter) return { ids }
  if (filter && !ids) return { filter }
  throw badRequest([{ path: '', message: 'name ids or a filter, and not both' }])
}
