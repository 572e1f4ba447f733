import { describe, expect, test } from 'vitest'
import type { LiveSource } from '../../src/core/plan.ts'
import type { Source, Take } from '../../src/core/plugin.ts'
import type { Store } from '../../src/core/store.ts'
import { createGateway } from '../../src/gateway.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { silentLog } from '../log.ts'
import { sampleEvent } from '../sample-event.ts'
import { emptyPlan } from '../settings.ts'
import { recordingTracer } from '../tracer.ts'
import { planOf, scripted, setup } from './lanes.ts'

const received = (id = 'e1') => ({
  kind: 'event' as const,
  event: sampleEvent({ id, time: Date.now() }),
  problems: [],
})

/** A traced gateway with one source. */
function openTraced(source: Source, path: string | undefined, store: Store = openMemoryStore()) {
  const tracer = recordingTracer()
  const runtime = { ...createNodeRuntime({ folder: '.', log: silentLog }), tracer }
  const accepts = () => true
  const live: LiveSource = { name: 'in', path, events: '*', accepts, source, fingerprint: '' }
  const plan = { ...emptyPlan, sources: [live] }
  const gateway = createGateway({ plan, store, runtime, wakeAt() {} })
  const post = () => gateway.fetch(new Request('http://x/in', { method: 'POST', body: '{}' }))
  return { gateway, post, spans: tracer.spans }
}

describe('the spans of a callback', () => {
  test('by a source that connects: a consumer, with no status', async () => {
    const taking = Promise.withResolvers<Take>()
    const { gateway, spans } = openTraced({ connect: taking.resolve }, undefined)
    gateway.connect()
    const take = await taking.promise
    await take(received())
    await take(received())
    const [first, accepted, second, known] = spans
    expect(first).toMatchObject({ name: 'receive in', kind: 'consumer', parent: undefined })
    expect(first?.end?.attributes).toEqual({
      'lark_fanout.result': 'accepted',
      'messaging.message.id': 'e1',
      'lark_fanout.event.type': 'approval_cc',
    })
    expect(accepted).toMatchObject({ kind: 'producer', parent: first?.traceparent })
    expect(second?.end?.attributes).toMatchObject({ 'lark_fanout.result': 'duplicate' })
    expect(known?.end?.attributes).toEqual({ 'lark_fanout.duplicate': true })
    await gateway.close()
  })

  test('a handshake, and what nobody expected, end it as well; no reason leaks', async () => {
    const answers = [
      async () => ({ kind: 'reply' as const, body: {} }),
      () => Promise.reject(new Error('the secret is 42')),
    ]
    const { post, gateway, spans } = openTraced(
      { receive: () => answers.shift()?.() ?? fail() },
      '/in',
    )
    expect([(await post()).status, (await post()).status]).toEqual([200, 500])
    expect(spans.map(({ name, end }) => [name, end?.attributes['lark_fanout.result']])).toEqual([
      ['POST /in', 'handshake'],
      ['POST /in', 'rejected'],
    ])
    expect(spans[1]?.end?.attributes).toMatchObject({ 'error.type': '500' })
    expect(spans[1]?.end?.error).not.toContain('42')
    await gateway.close()
  })

  test('an event that cannot be stored fails both', async () => {
    const failing: Store = {
      ...openMemoryStore(),
      accept: () => Promise.reject(new Error('disk full: /x')),
    }
    const { post, gateway, spans } = openTraced({ receive: async () => received() }, '/in', failing)
    expect((await post()).status).toBe(503)
    const error = 'The event cannot be stored now.'
    expect(spans.map(({ name, end }) => [name, end?.error])).toEqual([
      ['POST /in', error],
      ['accept approval_cc', error],
    ])
    expect(spans[0]?.end?.attributes).toMatchObject({ 'http.response.status_code': 503 })
    await gateway.close()
  })
})

function fail(): never {
  throw new Error('asked too often')
}

describe('the span of an attempt', () => {
  test('is told what a plugin says of it, without its secrets, and what came of all its tries', async () => {
    const tracer = recordingTracer()
    const answers = scripted({ transient: true, status: 503 }, new Error('hunter2 is wrong'))
    const given: unknown[] = []
    const sink = {
      deliver(...[event, context]: Parameters<typeof answers.sink.deliver>) {
        given.push(context.traceparent)
        return answers.sink.deliver(event, context)
      },
      span: { kind: 'producer' as const, attributes: { topic: 'of hunter2', partitions: 3 } },
    }
    const retry = { waits: [5000], jitter: 0, quick: 1 }
    const { dispatch, owe, lives } = setup({ sinks: { a: { sink, settings: { retry } } }, tracer })
    await owe('a')
    dispatch.follow(planOf(...lives))
    await dispatch.drain()
    expect(given).toEqual(['span 0', 'span 0'])
    expect(tracer.spans).toMatchObject([
      {
        name: 'deliver a',
        kind: 'producer',
        parent: undefined,
        attributes: {
          topic: 'of ***',
          partitions: 3,
          'lark_fanout.sink': 'a',
          'lark_fanout.sink.type': 'test',
          'lark_fanout.attempt': 1,
          'messaging.message.id': 'event-1',
        },
        end: {
          attributes: { 'lark_fanout.tries': 2, 'error.type': '_OTHER' },
          error: '*** is wrong',
        },
      },
    ])
    await dispatch.close()
  })

  test('ends also where the receiver goes away, and no attempt is spent', async () => {
    const tracer = recordingTracer()
    const { sink } = scripted({ returned: 'unsent' })
    const { dispatch, owe, lives } = setup({ sinks: { a: { sink } }, tracer })
    await owe('a')
    dispatch.follow(planOf(...lives))
    await dispatch.drain()
    expect(tracer.spans).toMatchObject([{ end: { error: 'refused' } }])
    await dispatch.close()
  })
})
