import { expect, test } from 'vitest'
import { createFeed } from '../../src/core/feed.ts'
import type { Happening } from '../../src/core/happening.ts'
import { type IngestContext, receive } from '../../src/core/ingest.ts'
import type { Plan } from '../../src/core/plan.ts'
import { createRedaction } from '../../src/core/redact.ts'
import { sampleEvent } from '../sample-event.ts'
import { planOf, scripted, setup } from './lanes.ts'

test('each attempt is told, with what became of it and without secrets', async () => {
  const { sink } = scripted({ status: 500, response: 'hunter2' }, new Error('no hunter2'), 'ok')
  const retry = { waits: [1000, 1000], jitter: 0, quick: 0 }
  const { dispatch, owe, happenings, clock, lives } = setup({
    sinks: { a: { sink, settings: { retry } } },
  })
  dispatch.follow(planOf(...lives))
  const { id: eventId } = await owe('a')
  for (let attempt = 1; attempt <= 3; attempt++) {
    await dispatch.drain()
    clock.now += 1000
  }
  expect(happenings).toMatchObject([
    { kind: 'attempted', sink: 'a', eventId, attempt: 1, result: 'failed', status: 500 },
    { kind: 'attempted', sink: 'a', eventId, attempt: 2, result: 'failed', error: 'no ***' },
    { kind: 'attempted', sink: 'a', eventId, attempt: 3, result: 'delivered', error: '' },
  ])
  expect(JSON.stringify(happenings)).not.toContain('hunter2')
})

test('a breaker that opens and closes is told, and so is a receiver that is gone', async () => {
  const { sink } = scripted({ status: 503 }, 'ok', { gone: true })
  const breaker = { failures: 1, cooldownMs: 500 }
  const retry = { waits: [1000, 1000], jitter: 0, quick: 0 }
  const sinks = { a: { sink, settings: { breaker, retry } } }
  const { dispatch, owe, happenings, clock, lives } = setup({ sinks })
  dispatch.follow(planOf(...lives))
  const start = clock.now
  await owe('a')
  await dispatch.drain()
  clock.now += 1000
  await dispatch.drain()
  await owe('a')
  await dispatch.drain()
  const others = happenings.filter(({ kind }) => kind !== 'attempted')
  expect(others).toEqual([
    { kind: 'breaker', at: start, sink: 'a', state: 'open', until: start + 500 },
    { kind: 'breaker', at: start + 1000, sink: 'a', state: 'closed', until: null },
    { kind: 'gone', at: start + 1000, sink: 'a' },
  ])
})

test('who follows hears of all, until they end it', () => {
  const { tell, follow } = createFeed()
  const heard: [string, Happening['kind']][] = []
  const ends = ['a', 'b'].map((who) => follow(({ kind }) => void heard.push([who, kind])))
  tell({ kind: 'gone', at: 0, sink: 'x' })
  ends[0]?.()
  tell({ kind: 'reloaded', at: 0, result: 'applied', problems: '' })
  expect(heard).toEqual([
    ['a', 'gone'],
    ['b', 'gone'],
    ['b', 'reloaded'],
  ])
})

test('an attempt does not tell what is redacted, to the stream and the alerts', async () => {
  const { sink } = scripted(new Error('unknown user b613t51g'), new Error('no room'))
  const retry = { waits: [1000], jitter: 0, quick: 0 }
  const sinks = { a: { sink, settings: { retry } } }
  const opened = setup({ sinks, redact: ['user_id'] })
  opened.dispatch.follow(planOf(...opened.lives))
  await opened.owe('a')
  for (const _ of [1, 2]) {
    await opened.dispatch.drain()
    opened.clock.now += 1000
  }
  expect(opened.happenings).toMatchObject([{ error: '[redacted]' }, { error: 'no room' }])
})

test('nor does the quarantine of an event', async () => {
  const happenings: Happening[] = []
  const { runtime, store, dispatch } = setup({ sinks: {} })
  const plan: Plan = { ...planOf(), redact: createRedaction(['user_id']) }
  const problems = ['user_id: b613t51g is nobody', 'operate: absent']
  const event = sampleEvent({ time: runtime.now() })
  const source = {
    receive: async () => ({ kind: 'event' as const, event, problems }),
  }
  const live = { name: 'feishu', path: '/', events: '*' as const, accepts: () => true }
  const context: IngestContext = {
    ...{ outbox: store, dispatch, runtime, plan: () => plan, tooOld() {}, untaken() {} },
    tell: (happening) => void happenings.push(happening),
    inTime: (work) => work(),
  }
  const body = new Uint8Array()
  await receive(context, { ...live, source, fingerprint: '' }, { headers: new Headers(), body })
  expect(happenings).toMatchObject([
    { result: 'quarantined', problems: ['[redacted]', 'operate: absent'] },
  ])
  const { items } = await store.events({ limit: 1, order: 'newest first' })
  expect(items[0]?.problems).toEqual(problems)
})
