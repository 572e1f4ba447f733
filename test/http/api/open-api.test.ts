import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { accept, settleAll } from '../../core/operations/setup.ts'
import { openAdmin } from './setup.ts'

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
    ['/api/explain', '/api/explain?previews=true', { ref: 'a' }],
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
