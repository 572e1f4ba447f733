import * as T from '@sinclair/typebox'
import type { JsonObject } from '../../core/event.ts'

// What the API answers with: the types of its answers, and their description in /api/openapi.json.

const timestamp = (description: string) => T.String({ format: 'date-time', description })

const nullable = <S extends T.TSchema>(schema: S, description: string) =>
  T.Union([schema, T.Null()], { description })

const oneOf = <const V extends readonly string[]>(description: string, ...values: V) =>
  T.Unsafe<V[number]>({ type: 'string', enum: values, description })

const count = (description: string) => T.Integer({ minimum: 0, description })

const texts = (description: string) => T.Array(T.String(), { description })

/** Whatever is asked for, and what came of it. */
const anyObject = (description: string) =>
  T.Unsafe<JsonObject>({
    type: 'object',
    additionalProperties: true,
    description,
  })

const eventFields = {
  ref: T.String({ description: 'The store’s own name for it, which no other event has.' }),
  id: T.String({ description: 'The publisher’s id; empty only on a quarantined event.' }),
  type: T.String({ description: 'The event type, `approval_cc` for one.' }),
  source: T.String({ description: 'The source in routes.yaml that brought it.' }),
  app_id: T.String(),
  tenant_key: T.String(),
  state: oneOf('Quarantined ones are stored and not delivered.', 'accepted', 'quarantined'),
  time: timestamp('When it happened.'),
  accepted_at: timestamp('When it was accepted.'),
  problems: texts('Why it is quarantined.'),
}

export const eventSchema = T.Object(eventFields)

export const attemptSchema = T.Object({
  n: T.Integer({ minimum: 1, description: 'Which attempt it was.' }),
  at: timestamp('When it began.'),
  duration_ms: T.Number({ minimum: 0, description: 'How long it took.' }),
  status: nullable(T.Integer(), 'The receiver’s status, where it answered with one.'),
  error: T.String({ description: 'What went wrong; empty when nothing did.' }),
  response: T.String({ description: 'The beginning of what the receiver answered.' }),
})

const deliveryFields = {
  id: T.String(),
  event: T.String({ description: 'The event’s id.' }),
  event_ref: T.String({ description: 'The event’s `ref`.' }),
  sink: T.String(),
  state: oneOf('Dead ones have used up their attempts.', 'pending', 'delivered', 'dead'),
  attempts: count('How many have come to an end.'),
  in_flight: T.Boolean({ description: 'The gateway is sending it, or about to.' }),
  order_key: nullable(T.String(), 'Its value of the sink’s `order_by`.'),
  accepted_at: timestamp('When it was owed.'),
  next_attempt_at: nullable(
    timestamp('An instant.'),
    'Null while it is in flight, and at its end.',
  ),
  settled_at: nullable(timestamp('An instant.'), 'When it was delivered or given up.'),
  reason: nullable(T.String(), 'Why it is dead.'),
}

export const deliverySchema = T.Object(deliveryFields)

export const deliveryHistorySchema = T.Object({
  ...deliveryFields,
  history: T.Array(attemptSchema, {
    description: 'Oldest first; empty where the first attempt succeeded.',
  }),
})

export const eventHistorySchema = T.Object({
  ...eventFields,
  deliveries: T.Array(deliveryHistorySchema, { description: 'Oldest first.' }),
  body: anyObject('The callback as stored, to the letter, its token blanked.'),
})

export const sinkSchema = T.Object({
  name: T.String(),
  type: nullable(T.String(), 'Its type; null once it has left routes.yaml.'),
  configured: T.Boolean({ description: 'Whether it is in routes.yaml.' }),
  paused: T.Boolean(),
  paused_by: T.Array(oneOf('Who has paused it.', 'file', 'operator', 'receiver')),
  breaker: oneOf(
    'Open: the receiver keeps failing and is left alone.',
    'closed',
    'open',
    'half-open',
  ),
  ready: T.Boolean({ description: 'What it says of itself.' }),
  in_flight: count('Deliveries under way.'),
  backlog: count('Deliveries that are owed.'),
  dead: count('Dead letters.'),
  oldest_pending_at: nullable(timestamp('An instant.'), 'Since when the oldest one owed waits.'),
  rate_limit: nullable(T.String(), 'As routes.yaml writes it.'),
  order_by: nullable(T.String(), 'The field whose value is the order key.'),
  delivered_per_minute: count('Attempts of the last minute.'),
  failed_per_minute: count('Attempts of the last minute.'),
})

export const routeSchema = T.Object({
  name: T.String(),
  from: nullable(T.Array(T.String()), 'The sources whose events it takes; null for all.'),
  match: nullable(anyObject('An event pattern.'), 'Null matches every event.'),
  to: texts('The sinks that it sends to.'),
  enabled: T.Boolean(),
  file: nullable(T.String(), 'The file that it stands in.'),
  line: nullable(T.Integer({ minimum: 1 }), 'The line where it begins.'),
})

export const explanationSchema = T.Object({
  type: T.String({ description: 'The event’s type.' }),
  id: T.String({ description: 'The event’s id.' }),
  problems: texts('Why it would be quarantined; empty when it would not.'),
  routes: T.Array(
    T.Object({
      name: T.String(),
      matches: T.Boolean(),
      why: nullable(T.String(), 'The first condition that failed; null when it matches.'),
      to: texts('The sinks that it sends to.'),
    }),
    { description: 'All routes, in the order of the file.' },
  ),
  sinks: texts('The sinks that it would be owed to.'),
  previews: T.Optional(
    T.Unsafe<Readonly<Record<string, { body: string | null; error: string | null }>>>({
      type: 'object',
      additionalProperties: T.Object({
        body: nullable(T.String(), 'Null where the sink’s type cannot tell.'),
        error: nullable(T.String(), 'Why there is none.'),
      }),
      description: 'By sink: the body that it would be sent, without secrets and unencrypted.',
    }),
  ),
})

export const auditSchema = T.Object({
  id: T.String(),
  at: timestamp('When it was asked for.'),
  actor: T.String({ description: 'Who, as far as that is known.' }),
  action: oneOf('What was done.', 'pause', 'resume', 'retry', 'replay', 'discard'),
  request: anyObject('What was asked for.'),
  outcome: nullable(anyObject('Its figures, or an error.'), 'Null while it is under way.'),
})

const retried = { retried: count('How many are owed again.') }
export const retriedSchema = T.Object({ dry_run: T.Boolean(), ...retried })
export const retriedProgressSchema = progressOf(retried)

const discarded = { discarded: count('How many are dead letters now.') }
export const discardedSchema = T.Object(discarded)
export const discardedProgressSchema = progressOf(discarded)

const replayed = {
  events: count('Those that match and are in order.'),
  cleared: count('How many of them had been quarantined.'),
  owed: count('Deliveries that are owed by it.'),
  sinks: T.Record(T.String(), T.Integer({ minimum: 0 }), { description: 'The same by sink.' }),
}
export const replayedSchema = T.Object({ dry_run: T.Boolean(), ...replayed })
export const replayedProgressSchema = progressOf({
  ...replayed,
  reached: timestamp('When the last event looked at was accepted.'),
})

/** The last line of long work that did not come to its end. */
export const brokenOffSchema = T.Object({ error: T.String({ description: 'For people.' }) })

/** A line that says how far long work has come. */
function progressOf(fields: T.TProperties) {
  return T.Object({ progress: T.Object(fields) })
}

// What /api/stream tells, beside events: the data of its messages.

export const attemptNewsSchema = T.Object({
  at: timestamp('When it ended.'),
  sink: T.String(),
  type: T.String({ description: 'The event’s type.' }),
  event: T.String({ description: 'The event’s id.' }),
  delivery: T.String({ description: 'The delivery’s id.' }),
  attempt: T.Integer({ minimum: 1, description: 'Which attempt it was.' }),
  result: oneOf('Failed ones will be tried again.', 'delivered', 'failed', 'dead'),
  status: nullable(T.Integer(), 'The receiver’s status, where it answered with one.'),
  error: T.String({ description: 'What went wrong; empty when nothing did.' }),
  duration_ms: T.Number({ minimum: 0, description: 'How long it took.' }),
})

export const sinkNewsSchema = T.Pick(sinkSchema, [
  'name',
  'paused',
  'paused_by',
  'breaker',
  'ready',
])

export const configNewsSchema = T.Object({
  at: timestamp('When routes.yaml was read again.'),
  result: oneOf('Whether it is in force.', 'applied', 'rejected'),
  problems: T.String({ description: 'Why it was rejected; empty when it was not.' }),
})

export const skippedNewsSchema = T.Object({
  events: count('How many are not told.'),
  attempts: count('How many of this gateway are not told.'),
})

export const problemSchema = T.Object(
  {
    type: T.String(),
    title: T.String(),
    status: T.Integer(),
    detail: T.String({ description: 'For people.' }),
    errors: T.Optional(
      T.Array(T.Object({ path: T.String(), message: T.String() }), {
        description: 'All that is wrong with the request, by its place in the query or the body.',
      }),
    ),
  },
  { description: 'RFC 9457' },
)

/** A list, newest first unless it says otherwise. */
export function pageSchema<S extends T.TSchema>(item: S) {
  return T.Object({
    items: T.Array(item),
    next: nullable(T.String(), 'Pass it as `cursor` for the next page; null ends the list.'),
  })
}
