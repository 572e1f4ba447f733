import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { createRedaction } from '../../../src/core/redact.ts'
import {
  attemptNews,
  configNews,
  eventNews,
  sinkNews,
  skippedNews,
} from '../../../src/http/live/news.ts'
import { accept, settleAll } from '../../core/operations/setup.ts'
import { openAdmin, plan } from './setup.ts'

type Named = Readonly<Record<string, unknown>>

/** The document, and whether something is what it says at a place in it. */
async function openDocument(ask: ReturnType<typeof openAdmin>['ask']) {
  const { body } = await ask('/api/openapi.json')
  // The document's own words are not JSON Schema's.
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ ...body, $id: 'https://gateway/openapi.json' })
  const at = (pointer: string): ValidateFunction => {
    const encoded = pointer.replaceAll('{', '%7B').replaceAll('}', '%7D')
    return ajv.compile({ $ref: `https://gateway/openapi.json#${encoded}` })
  }
  return { document: body, at }
}

const escaped = (path: string) => path.replaceAll('/', '~1')

function answerAt(method: string, path: string, type = 'application/json'): string {
  return `/paths/${escaped(path)}/${method}/responses/200/content/${escaped(type)}/schema`
}

test('what the API answers is what its description says', async () => {
  const admin = openAdmin({ redact: ['user_id'] })
  const { at } = await openDocument(admin.ask)
  await accept(admin, 'q', { problems: ['event.operate: must be one of CREATE, READ'] })
  await accept(admin, 'a', { owed: ['lake', 'slow', { sink: 'gone', orderKey: 'k', claimMs: 0 }] })
  await settleAll(admin.store, 'lake', { state: 'dead', reason: 'HTTP 500' })
  await settleAll(admin.store, 'slow', { state: 'pending', dueAt: admin.clock.now + 1000 })
  await admin.ask('/api/sinks/lake/pause', { body: {} })
  const span = { since: 0, until: admin.clock.now + 1, dry_run: true }
  const asked: readonly [path: string, real?: string | undefined, body?: Named][] = [
    ['/api/events'],
    ['/api/events/{id}', '/api/events/a'],
    ['/api/deliveries'],
    ['/api/deliveries/retry', undefined, { filter: {}, dry_run: true }],
    ['/api/replay', undefined, span],
    ['/api/sinks'],
    ['/api/sinks/{name}/pause', '/api/sinks/slow/pause', {}],
    ['/api/sinks/{name}/resume', '/api/sinks/slow/resume', {}],
    ['/api/sinks/{name}/discard', '/api/sinks/slow/discard', {}],
    ['/api/routes'],
    ['/api/explain', '/api/explain?previews=true', { id: 'a' }],
    ['/api/audit'],
    ['/api/openapi.json'],
  ]
  for (const [path, real = path, body] of asked) {
    const answer = await admin.ask(real, { body })
    expect({ path, status: answer.status }).toEqual({ path, status: 200 })
    if ('items' in answer.body) expect(answer.body.items).not.toEqual([])
    const validate = at(answerAt(body ? 'post' : 'get', path))
    validate(answer.body)
    expect({ path, errors: validate.errors }).toEqual({ path, errors: null })
  }
  const problem = await admin.ask('/api/events?tpye=x')
  expect(at('/components/schemas/Problem')(problem.body)).toBe(true)
})

test('the lines of long work are what it says', async () => {
  const admin = openAdmin()
  const { document, at } = await openDocument(admin.ask)
  for (let n = 0; n < 600; n++) await accept(admin, `event-${n}`, { owed: ['lake'] })
  const headers = { Accept: LINES }
  const span = { since: 0, until: admin.clock.now + 1, dry_run: true }
  for (const [path, real, body, name] of [
    ['/api/replay', '/api/replay', span, 'ReplayProgress'],
    ['/api/sinks/{name}/discard', '/api/sinks/lake/discard', {}, 'DiscardProgress'],
    ['/api/deliveries/retry', '/api/deliveries/retry', { filter: {} }, 'RetryProgress'],
  ] as const) {
    const { text } = await admin.ask(real, { body, headers })
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.length).toBeGreaterThan(1)
    const [first, ...others] = document.paths[path].post.responses[200].content[LINES][ITEMS].anyOf
    expect(first).toEqual({ $ref: `#/components/schemas/${name}` })
    expect(at(`/components/schemas/${name}`)(lines[0])).toBe(true)
    expect(others).toHaveLength(2)
    for (const line of [...lines, { error: 'The work ended early; the log says why.' }]) {
      const validate = at(
        `/paths/${escaped(path)}/post/responses/200/content/${escaped(LINES)}/${ITEMS}`,
      )
      validate(line)
      expect({ path, errors: validate.errors }).toEqual({ path, errors: null })
      expect(validate({ progress: { unheard: 'of' } })).toBe(false)
    }
  }
})

test('what the stream tells is what it says, and so is what it is asked by', async () => {
  const admin = openAdmin()
  const { document, at } = await openDocument(admin.ask)
  const { parameters, responses } = document.paths['/api/stream'].get
  expect(parameters.find(({ in: place }: Named) => place === 'header')).toMatchObject({
    name: 'Last-Event-ID',
    required: false,
    schema: { type: 'string' },
  })
  const stored = await storedEvent(admin)
  const lane = { sink: 'lake', pausedBy: ['file'], breaker: 'open', ready: true } as const
  const figures = { inFlight: 0, breakerUntil: null, deliveredPerMinute: 0, failedPerMinute: 0 }
  const about = { sink: 'lake', type: 'approval_cc', eventId: 'a', deliveryId: '7', attempt: 2 }
  const ended = { result: 'failed', status: null, error: 'timeout', durationMs: 3.1 } as const
  const told = [
    eventNews({ stored, outcome: undefined }, { ...plan, redact: createRedaction([]) }),
    attemptNews({ kind: 'attempted', at: 1, ...about, ...ended }),
    sinkNews({ ...lane, ...figures }),
    configNews({ kind: 'reloaded', at: 1, result: 'rejected', problems: 'routes.yaml:1' }),
    skippedNews({ events: 3, attempts: 0 }),
  ]
  const messages = responses[200].content['text/event-stream'][ITEMS].oneOf
  expect(messages).toHaveLength(told.length)
  for (const [index, { name, text }] of told.entries()) {
    const { event, data } = messages[index].properties
    expect(event.const).toBe(name)
    const validate = at(data.contentSchema.$ref.slice(1))
    expect(validate(JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? ''))).toBe(true)
    expect(validate({})).toBe(false)
  }
})

const LINES = 'application/x-ndjson'
const ITEMS = 'x-itemSchema'

async function storedEvent({ store, ...admin }: ReturnType<typeof openAdmin>) {
  await accept({ store, ...admin }, 'a')
  const [stored] = (await store.events({ order: 'newest first', limit: 1 })).items
  if (!stored) throw new Error('nothing was stored')
  return stored
}

test('its examples are what it says', async () => {
  const { document, at } = await openDocument(openAdmin().ask)
  let examples = 0
  for (const [path, operations] of Object.entries<Named>(document.paths)) {
    for (const method of Object.keys(operations)) {
      const operation = document.paths[path][method]
      for (const [type, { example }] of Object.entries<Named & { example?: unknown }>(
        operation.responses[200].content,
      )) {
        if (example === undefined) continue
        examples++
        const validate = at(answerAt(method, path, type))
        validate(example)
        expect({ path, errors: validate.errors }).toEqual({ path, errors: null })
      }
    }
  }
  expect(examples).toBeGreaterThan(10)
})

test('every path of it has a name, a summary and what may go wrong', async () => {
  const { document } = await openDocument(openAdmin().ask)
  const operations = Object.values<Named>(document.paths).flatMap((path) =>
    Object.values<Named>(path as Readonly<Record<string, Named>>),
  )
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { operationId, summary, responses } of operations) {
    expect({ operationId, summary }).toEqual({ operationId, summary: expect.stringMatching(/./) })
    expect(Object.keys(responses as Named)).toEqual(expect.arrayContaining(['400', '401', '429']))
  }
})
