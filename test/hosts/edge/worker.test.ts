import { expect, test } from 'vitest'
import type { Bundle } from '../../../src/hosts/edge/bundle.ts'
import { createWorker } from '../../../src/hosts/edge/worker.ts'

const bundle: Bundle = {
  config: {
    sources: [],
    sinks: [],
    routes: [],
    retention: { deliveredMs: 1, deadMs: 1 },
    egress: {},
    places: [],
    fileName: 'routes.yaml',
  },
  sourceTypes: [],
  sinkTypes: [],
  checks: { sources: {}, sinks: {}, events: {} },
}

/** What the platform lends the worker in front: the object, by its name. */
function objectThat(answers: (request: Request) => Promise<Response>) {
  const names: string[] = []
  const getByName = (name: string) => {
    names.push(name)
    return { fetch: (request: Request | string) => answers(new Request(request)) }
  }
  return { names, env: { GATEWAY: { getByName } } }
}

test('every request goes to the one object, as it is', async () => {
  const { names, env } = objectThat(async (request) => {
    const address = request.headers.get('cf-connecting-ip')
    return new Response(`${request.method} ${request.url} ${address} ${await request.text()}`)
  })
  const headers = { 'CF-Connecting-IP': '192.0.2.1' }
  const request = new Request('https://x.example/a?b', { method: 'POST', headers, body: 'body' })
  const answer = await createWorker(bundle).handler.fetch(request, env)
  expect(await answer.text()).toBe('POST https://x.example/a?b 192.0.2.1 body')
  expect(names).toEqual(['gateway'])
})

test('where the object is overloaded or starts anew, Feishu is told to send again', async () => {
  const { env } = objectThat(() => Promise.reject(new Error('Durable Object is overloaded')))
  const { handler } = createWorker(bundle)
  const answer = await handler.fetch(new Request('https://x.example/webhook/event'), env)
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5'])
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  expect(await answer.text()).not.toContain('Durable')
  await expect(handler.scheduled({}, env)).resolves.toBeUndefined()
})

test('the cron starts the object, by a request that changes nothing', async () => {
  const asked: string[] = []
  const { env } = objectThat(async ({ method, url }) => {
    asked.push(`${method} ${new URL(url).pathname}`)
    return new Response()
  })
  await createWorker(bundle).handler.scheduled({}, env)
  expect(asked).toEqual(['GET /healthz'])
})
