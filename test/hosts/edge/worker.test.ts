import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Bundle } from '../../../src/hosts/edge/bundle.ts'
import type { Scope } from '../../../src/hosts/edge/strays.ts'
import { createWorker as createWorkerIn } from '../../../src/hosts/edge/worker.ts'

const bundle: Bundle = {
  config: {
    sources: [],
    sinks: [],
    routes: [],
    retention: { deliveredMs: 1, deadMs: 1 },
    alerts: null,
    egress: {},
    redact: [],
    places: [],
    parts: [],
  },
  sourceTypes: [],
  sinkTypes: [],
  checks: { sources: {}, sinks: {}, events: {} },
  assets: {},
}

/** The platform's globals. */
function scopeOf() {
  const rejections: ((event: { reason: unknown }) => void)[] = []
  const timers: (() => unknown)[] = []
  const begin: Scope['setTimeout'] = (task) => timers.push(task)
  const scope: Scope = {
    addEventListener: (_type, listener) => void rejections.push(listener),
    setTimeout: begin,
    setInterval: begin,
  }
  return { scope, rejections, timers }
}

const createWorker = (of: Bundle) => createWorkerIn(of, scopeOf().scope)

/** What the platform lends the worker in front: the object, by its name. */
function objectThat(answers: (request: Request) => Promise<Response>) {
  const names: unknown[] = []
  const getByName = (name: string, options?: { readonly locationHint?: string }) => {
    names.push(options?.locationHint ? [name, options.locationHint] : name)
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

test('the object is asked for where build has been told that it shall be', async () => {
  const { names, env } = objectThat(async () => new Response())
  const { handler } = createWorker(bundle)
  await handler.scheduled({}, { ...env, GATEWAY_LOCATION: 'apac-se' })
  expect(names).toEqual([['gateway', 'apac-se']])
})

test('where the object is overloaded or starts anew, Feishu is told to send again', async () => {
  const { env } = objectThat(() => Promise.reject(new Error('Durable Object is overloaded')))
  const { handler } = createWorker(bundle)
  const answer = await handler.fetch(new Request('https://x.example/webhook/event'), env)
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5'])
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  expect(await answer.text()).not.toContain('Durable')
  await expect(handler.scheduled({}, env)).rejects.toThrow('Durable Object is overloaded')
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

test('the cron fails where the object refuses', async () => {
  const { env } = objectThat(async () => new Response(null, { status: 503 }))
  await expect(createWorker(bundle).handler.scheduled({}, env)).rejects.toThrow('HTTP 503')
})

describe('a body', () => {
  const MIB = 1024 * 1024

  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  /** An object that tells what it is given, and a client that sends chunks by `next`. */
  function setup(next: (controller: ReadableStreamDefaultController) => unknown) {
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => void (await next(controller)),
      cancel() {
        cancelled = true
      },
    })
    const given: Uint8Array[] = []
    const { env } = objectThat(async (request) => {
      given.push(new Uint8Array(await request.arrayBuffer()))
      return new Response(request.headers.get('content-length'), { status: 413 })
    })
    const headers = { 'Content-Length': '9' }
    const init = { method: 'POST', headers, body, duplex: 'half' } as const
    const request = new Request('https://x.example/webhook/event', init)
    const answer = createWorker(bundle).handler.fetch(request, env)
    return { answer, given, isCancelled: () => cancelled }
  }

  /** So many chunks, each of its number. */
  function chunks(count: number, size: number) {
    let sent = 0
    return (controller: ReadableStreamDefaultController) => {
      controller.enqueue(new Uint8Array(size).fill(sent++))
      if (sent === count) controller.close()
    }
  }

  test.each([
    ['at the limit', 16, MIB / 16, MIB],
    ['over it by one byte, in one chunk', 1, MIB + 1, MIB + 1],
    ['over it', 30, 100_000, MIB + 1],
  ])(
    '%s is handed over up to the limit and one byte, when it is there',
    async (_, count, size, held) => {
      const { answer, given } = setup(chunks(count, size))
      expect(await (await answer).text()).toBe('')
      const whole = Buffer.concat(Array.from({ length: count }, (_, n) => Buffer.alloc(size, n)))
      expect(given.map(({ length }) => length)).toEqual([held])
      expect(whole.subarray(0, held).equals(given[0] ?? new Uint8Array())).toBe(true)
    },
  )

  test("without end is let go after 8 MiB; the answer is the object's", async () => {
    let sent = 0
    const { answer, given, isCancelled } = setup((controller) => {
      sent += MIB
      controller.enqueue(new Uint8Array(MIB))
    })
    expect((await answer).status).toBe(413)
    expect(given.map(({ length }) => length)).toEqual([MIB + 1])
    expect([isCancelled(), sent <= 11 * MIB]).toEqual([true, true])
  })

  test('that does not come in ten seconds is a 408, and the object never hears of it', async () => {
    vi.useFakeTimers()
    const log = vi.spyOn(console, 'log')
    const { answer, given, isCancelled } = setup((controller) => {
      controller.enqueue(new Uint8Array(1))
      return new Promise(() => {})
    })
    await vi.advanceTimersByTimeAsync(9_900)
    expect(isCancelled()).toBe(false)
    await vi.advanceTimersByTimeAsync(200)
    const { status, headers } = await answer
    expect([status, headers.get('Content-Type')]).toEqual([408, 'application/problem+json'])
    expect([given, isCancelled()]).toEqual([[], true])
    expect(log).not.toHaveBeenCalled()
  })

  test('that is over the limit is answered by the object as soon as nothing more comes', async () => {
    vi.useFakeTimers()
    let sent = 0
    const { answer, given } = setup((controller) => {
      if (sent++ > 0) return new Promise(() => {})
      return controller.enqueue(new Uint8Array(2 * MIB))
    })
    await vi.advanceTimersByTimeAsync(600)
    expect((await answer).status).toBe(413)
    expect(given.map(({ length }) => length)).toEqual([MIB + 1])
  })

  test('that breaks off is a 400, and the object never hears of it', async () => {
    const log = vi.spyOn(console, 'log')
    const { answer, given } = setup((controller) => controller.error(new Error('aborted')))
    expect((await answer).status).toBe(400)
    expect(given).toEqual([])
    expect(log).not.toHaveBeenCalled()
  })
})

test('errors that nobody caught are in the log: of promises, and of timers', () => {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line))
  const { scope, rejections, timers } = scopeOf()
  createWorkerIn(bundle, scope)
  for (const tell of rejections) tell({ reason: new Error('nobody waits') })
  const fail = (what: unknown) => {
    throw new Error(`${what} throws`)
  }
  scope.setTimeout(() => fail('a timer'), 5)
  scope.setInterval(() => fail('an interval'), 5)
  for (const timer of timers) timer()
  log.mockRestore()
  const errors = lines.map((line) => JSON.parse(line))
  expect(errors.map(({ level, error }) => [level, error])).toEqual([
    [50, 'nobody waits'],
    [50, 'a timer throws'],
    [50, 'an interval throws'],
  ])
})
