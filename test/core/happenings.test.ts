import { expect, test } from 'vitest'
import { createFeed } from '../../src/core/feed.ts'
import type { Happening } from '../../src/core/happening.ts'
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
