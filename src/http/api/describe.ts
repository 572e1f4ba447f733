import type { TSchema } from '@sinclair/typebox'
import { isObject } from '../../core/event.ts'
import { type Fields, schemaOf } from './fields.ts'
import type { About, Operation } from './operation.ts'
import * as schemas from './schemas.ts'

type Described = About<Fields, Fields>

/** The API in OpenAPI 3.1, made from what its requests are read by and what its answers are typed by. */
export function describeApi(operations: readonly Operation[]): object {
  const paths = Map.groupBy(operations, ({ about }) => openPath(about.path))
  return {
    openapi: '3.1.0',
    info: {
      title: 'lark-fanout',
      version: '1',
      description:
        'For operators and their tools: what the gateway holds, and what to do about it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Where it was fetched from.
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: TAGS,
    paths: Object.fromEntries(
      [...paths].map(([path, ofPath]) => [path, Object.fromEntries(ofPath.map(describe))]),
    ),
    components: {
      schemas: Object.fromEntries([...NAMED].map(([schema, name]) => [name, inner(schema)])),
      responses: Object.fromEntries(Object.entries(COMMON).map(describeProblem)),
      securitySchemes: {
        token: {
          ...{ type: 'http', scheme: 'bearer' },
          description: 'ADMIN_TOKEN; or VIEWER_TOKEN for whatever changes nothing.',
        },
      },
    },
  }
}

const TAGS = [
  { name: 'events', description: 'What has come in.' },
  { name: 'deliveries', description: 'What sinks are or were owed.' },
  { name: 'sinks', description: 'Where events go.' },
  { name: 'routes', description: 'Who gets what, and why.' },
  { name: 'gateway', description: 'What happens here, and who did it.' },
]

/** Schemas that have a name of their own. */
const NAMED = new Map<TSchema, string>([
  [schemas.eventSchema, 'Event'],
  [schemas.eventHistorySchema, 'EventHistory'],
  [schemas.deliverySchema, 'Delivery'],
  [schemas.deliveryHistorySchema, 'DeliveryHistory'],
  [schemas.attemptSchema, 'Attempt'],
  [schemas.sinkSchema, 'Sink'],
  [schemas.routeSchema, 'Route'],
  [schemas.explanationSchema, 'Explanation'],
  [schemas.auditSchema, 'AuditEntry'],
  [schemas.retriedProgressSchema, 'RetryProgress'],
  [schemas.discardedProgressSchema, 'DiscardProgress'],
  [schemas.replayedProgressSchema, 'ReplayProgress'],
  [schemas.brokenOffSchema, 'BrokenOff'],
  [schemas.attemptNewsSchema, 'AttemptNews'],
  [schemas.sinkNewsSchema, 'SinkNews'],
  [schemas.configNewsSchema, 'ConfigNews'],
  [schemas.skippedNewsSchema, 'SkippedNews'],
  [schemas.problemSchema, 'Problem'],
])

/** Problems that requests have in common, by their status. */
const COMMON: Readonly<Record<number, string>> = {
  400: 'Something in the request is unknown, missing or wrong; `errors` lists it all.',
  401: 'The token is missing or wrong.',
  403: 'VIEWER_TOKEN changes nothing.',
  413: 'The body is over 1 MiB.',
  415: 'The body is not sent as application/json.',
  429: 'Too many wrong tokens came from this address.',
  500: 'The request failed; the log says why.',
}

function describe({ about }: Operation): [string, object] {
  const { method, id, tag, summary, description, answer } = about
  const parameters = [
    ...parametersIn('path', about.params),
    ...parametersIn('query', about.query),
    ...parametersIn('header', about.headers),
    ...(method === 'POST' && !about.isRead ? [ACTOR] : []),
  ]
  const operation = {
    ...{ operationId: id, tags: [tag], summary },
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(method === 'POST' && { requestBody: requestBody(about) }),
    responses: { 200: success(answer), ...problems(about) },
  }
  return [method.toLowerCase(), operation]
}

function parametersIn(place: 'path' | 'query' | 'header', fields: Fields = {}): object[] {
  return Object.entries(fields).map(([name, { schema, isRequired }]) => {
    return { name, in: place, required: isRequired, ...described(schema) }
  })
}

const ACTOR = {
  name: 'X-Actor',
  in: 'header',
  required: false,
  description: 'Who asks, for the audit.',
  schema: { type: 'string', pattern: '^[ -~]*$', maxLength: 100 },
}

function requestBody({ body = {}, bodyRule, freeBody }: Described): object {
  if (freeBody) {
    const examples = Object.entries(freeBody.examples).map(([name, value]) => [name, { value }])
    const content = { schema: inner(freeBody.schema), examples: Object.fromEntries(examples) }
    return { required: true, content: { 'application/json': content } }
  }
  const required = bodyRule !== undefined || Object.values(body).some((one) => one.isRequired)
  const schema = { ...schemaOf(body), ...bodyRule }
  return { required, content: { 'application/json': { schema: inner(schema) } } }
}

function success(answer: Described['answer']): object {
  const { description, schema, example, type = 'application/json', progress, messages } = answer
  const whole = { schema: named(schema), example, ...(messages && items(messagesOf(messages))) }
  const lines = progress && {
    schema: { type: 'string', description: 'JSON line by line, the answer on the last.' },
    ...items({ anyOf: [progress, schema, schemas.brokenOffSchema].map(named) }),
  }
  const content = { [type]: whole, ...(lines && { 'application/x-ndjson': lines }) }
  return { description, content }
}

/** What each part of a text is that comes bit by bit: 3.1 has no word for it, 3.2 has `itemSchema`. */
function items(schema: object): object {
  return { 'x-itemSchema': schema }
}

function messagesOf(messages: Readonly<Record<string, TSchema>>): object {
  const oneOf = Object.entries(messages).map(([name, schema]) => {
    const json = { type: 'string', contentMediaType: 'application/json' }
    const data = { ...json, contentSchema: named(schema) }
    const properties = { event: { const: name }, data, id: { type: 'string' } }
    return { type: 'object', required: ['event', 'data'], properties }
  })
  return { oneOf }
}

function problems({ method, isRead, problems = {} }: Described): object {
  const isChange = method === 'POST' && !isRead
  const statuses = Object.keys(COMMON).filter((status) => {
    if (status === '403') return isChange
    return method === 'POST' || !['413', '415'].includes(status)
  })
  const common = statuses.map((status) => [
    status,
    { $ref: `#/components/responses/${nameOf(status)}` },
  ])
  const own = Object.entries(problems).map((entry) => [entry[0], describeProblem(entry)[1]])
  return Object.fromEntries([...common, ...own])
}

/** A component's name must not be a number. */
const nameOf = (status: string) => `Problem${status}`

function describeProblem([status, description]: readonly [string, string]): [string, object] {
  const content = { 'application/problem+json': { schema: named(schemas.problemSchema) } }
  return [nameOf(status), { description, content }]
}

/** `/api/events/{id}` */
function openPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}')
}

/** A parameter's description stands beside its schema. */
function described(schema: TSchema): object {
  const { description, ...rest } = schema
  return { description, schema: inner(rest) }
}

/** A schema by its name, where it has one, else itself. */
function named(schema: unknown): unknown {
  const name = NAMED.get(schema as TSchema)
  return name === undefined ? inner(schema) : { $ref: `#/components/schemas/${name}` }
}

/** A schema itself, with names for whatever in it has one. */
function inner(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(named)
  if (!isObject(schema)) return schema
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, named(value)]))
}
