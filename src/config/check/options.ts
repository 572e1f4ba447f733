import * as T from '@sinclair/typebox'
import type { JsonObject } from '../../core/event.ts'
import { DURATION_PATTERN } from '../duration.ts'
import { RATE_PATTERN } from '../rate.ts'
import { alertsSchema } from './alerts.ts'
import { egressSchema } from './egress.ts'
import { redactSchema } from './redact.ts'

const duration = (description: string, byDefault?: string) =>
  T.String({
    description,
    pattern: DURATION_PATTERN,
    examples: ['500ms', '10s', '5m', '6h', '7d'],
    ...(byDefault !== undefined && { default: byDefault }),
  })

export const PLUG_NAME = '^[a-z][a-z0-9-]*$'

const plugName = (description: string, examples: readonly string[]) =>
  T.String({ description, pattern: PLUG_NAME, examples })

const EVENT_TYPE = '^[A-Za-z0-9_.-]+$'

const closed = { additionalProperties: false }

const retrySchema = T.Object(
  {
    attempts: T.Integer({
      description: 'How often a delivery is tried, the first time included.',
      minimum: 1,
      maximum: 1000,
      default: 12,
    }),
    initial: duration('The first wait.', '5s'),
    factor: T.Number({
      description: 'Each wait is this many times the one before.',
      minimum: 1,
      maximum: 1000,
      default: 3,
    }),
    max: duration('No wait is longer than this.', '6h'),
    schedule: T.Optional(
      T.Array(duration('One wait.'), {
        description: 'The waits themselves, in place of attempts, initial, factor and max.',
        examples: [['5s', '5m', '30m', '2h']],
        maxItems: 999,
      }),
    ),
    jitter: T.Number({
      description: 'Each wait is stretched by a random factor of 1 to 1 + jitter.',
      minimum: 0,
      maximum: 10,
      default: 0.2,
    }),
    quick: T.Integer({
      description: 'Extra requests that one attempt may make at once.',
      minimum: 0,
      maximum: 100,
      default: 2,
    }),
  },
  { ...closed, default: {}, description: 'How failed deliveries are tried again.' },
)

export type RetryOptions = T.Static<typeof retrySchema>

const breakerSchema = T.Object(
  {
    failures: T.Integer({
      description: 'Consecutive connection errors, timeouts and 5xx answers after which it opens.',
      minimum: 1,
      maximum: 1_000_000,
      default: 10,
    }),
    cooldown: duration('How long nothing is sent then. After it one delivery tries.', '30s'),
  },
  { ...closed, default: {}, description: 'Leaves a receiver alone that keeps failing.' },
)

/** The options that every sink has; those of its type stand beside them. */
export const sinkSchema = T.Object({
  type: plugName('What kind of sink it is: the name of its plug.', ['webhook', 'kafka']),
  timeout: duration('For one request.', '10s'),
  concurrency: T.Integer({
    description: 'How many deliveries may be under way at once.',
    minimum: 1,
    maximum: 100_000,
    default: 16,
  }),
  retry: retrySchema,
  rate_limit: T.Optional(
    T.String({
      description: 'How many requests it is sent at most, evenly spaced: a second, or a minute.',
      pattern: RATE_PATTERN,
      examples: ['100/s', '600/m'],
    }),
  ),
  order_by: T.Optional(
    T.String({
      description:
        "A field of the event. Deliveries with the same value of it go one at a time, in order of acceptance: one that fails holds up its own value's alone, a dead one frees them.",
      pattern: '^[\\w-]+$',
      examples: ['instance_code'],
    }),
  ),
  breaker: breakerSchema,
  paused: T.Boolean({ description: 'Sends nothing and keeps what is owed.', default: false }),
})

export type SinkOptions = T.Static<typeof sinkSchema>

/** The options that every source has; those of its type stand beside them. */
const sourceSchema = T.Object({
  type: plugName('What kind of source it is.', ['feishu']),
  path: T.String({
    description: 'Where it receives its callbacks; every source has its own.',
    pattern: "^/[A-Za-z0-9._~!$&'()*+,;=:@/-]*$",
    examples: ['/webhook/event'],
    default: '/webhook/event',
  }),
  events: T.Union(
    [
      T.Literal('*'),
      T.Array(T.String({ pattern: EVENT_TYPE, examples: ['approval_cc'] }), {
        minItems: 1,
      }),
    ],
    { description: 'The event types it accepts; "*" for all.', default: ['approval_cc'] },
  ),
})

/** Those of a source that connects by itself, so that nothing reaches it at a path. */
const connectingSchema = T.Omit(sourceSchema, ['path'])

export type SourceOptions = T.Static<typeof connectingSchema> & { readonly path?: string }

/** The options that a source has beside those of its type. */
export function sourceSchemaOf(type: { readonly connects?: boolean } | undefined): T.TObject {
  return type?.connects ? connectingSchema : sourceSchema
}

const names = (description: string, examples: readonly (readonly string[])[]) =>
  T.Array(T.String({ minLength: 1 }), { description, minItems: 1, examples })

export const routeSchema = T.Object(
  {
    name: T.String({
      description: 'What logs and answers call it; each route has its own.',
      minLength: 1,
      examples: ['finance-created'],
    }),
    from: T.Optional(names('Only events of these sources; all without it.', [['feishu']])),
    match: T.Optional(
      T.Object(
        {},
        {
          additionalProperties: true,
          description:
            'An event pattern over the event, type, app_id and tenant_key; every event without it.',
          examples: [
            { operate: 'CREATE' },
            { approval_code: ['7C468A54-8745-2245-9675-08B7C63E7A85'], operate: [{ prefix: 'C' }] },
          ],
        },
      ),
    ),
    to: names('The sinks that are owed an event that matches.', [['finance', 'lake']]),
    enabled: T.Boolean({ description: 'false: as if it were not there.', default: true }),
  },
  { ...closed, description: 'Which events go to which sinks.' },
)

export type RouteOptions = T.Static<typeof routeSchema>

/** Sources and sinks by their names. */
const named = (description: string, options: object = {}) =>
  T.Unsafe<JsonObject>({
    ...options,
    type: 'object',
    description,
    propertyNames: {
      type: 'string',
      pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,63}$',
      examples: ['finance', 'hr-app'],
    },
    additionalProperties: true,
  })

const retentionSchema = T.Object(
  {
    delivered: duration('For what was delivered, and for events that nobody was owed.', '7d'),
    dead: duration('For dead letters and quarantined events.', '30d'),
  },
  {
    ...closed,
    default: {},
    description: 'How long what is settled stays in the store, to be read and replayed.',
  },
)

/** Files by event types. */
const schemasSchema = T.Unsafe<Readonly<Record<string, string>>>({
  type: 'object',
  description:
    'JSON Schemas of the `event` object, by event type: events that break theirs are quarantined. One for a type that the gateway knows takes the place of its own.',
  propertyNames: { type: 'string', pattern: EVENT_TYPE, examples: ['my_event'] },
  additionalProperties: {
    type: 'string',
    minLength: 1,
    description: 'A file beside routes.yaml, JSON or YAML, with a JSON Schema (draft-07).',
    examples: ['./my.schema.json'],
  },
  maxProperties: 1000,
  examples: [{ my_event: './my.schema.json' }],
})

/** The whole of routes.yaml. What a source, a sink or a route holds is checked by its own schema. */
export const fileSchema = T.Object(
  {
    version: T.Literal(1, { description: 'The version of this format.', examples: [1] }),
    sources: named('Where events come in.', { minProperties: 1 }),
    sinks: T.Optional(named('Where events go.')),
    routes: T.Optional(T.Array(T.Unknown(), { description: 'Who gets what.' })),
    retention: retentionSchema,
    egress: T.Optional(egressSchema),
    schemas: T.Optional(schemasSchema),
    alerts: T.Optional(alertsSchema),
    redact: T.Optional(redactSchema),
  },
  { ...closed, title: 'routes.yaml of lark-fanout' },
)
