import { expect, test } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { type Replaying, type ReplayRequest, replay } from '../../../src/core/operations/replay.ts'
import type { Routing } from '../../../src/core/plan.ts'
import { sampleEvent } from '../../sample-event.ts'
import { accept, owedTo, routingOf, START, settleAll, setup } from './setup.ts'

const MINUTE = 60_000
const whole = { since: START - MINUTE, until: START + MINUTE, dryRun: false, resend: false }
const toAll = routingOf([{ name: 'all', to: ['lake', 'finance'] }])

function opened(routing: Routing = toAll) {
  const { operator, ...rest } = setup()
  const run = (request: Partial<ReplayRequest> = {}, progress?: (state: Replaying) => void) => {
    rest.clock.now = Math.max(rest.clock.now, START + MINUTE)
    return replay({ ...operator, routing }, { ...whole, ...request }, progress)
  }
  return { ...rest, operator, run }
}

test('a sink is owed what it has neither pending nor delivered, and a dead letter is revived', async () => {
  const { store, clock, run } = opened()
  for (const [id, state] of [
    ['delivered', { state: 'delivered' }],
    ['dead', { state: 'dead', reason: 'HTTP 500' }],
    ['pending', { state: 'pending', dueAt: START + MINUTE }],
  ] as const) {
    await accept({ store, clock }, id, { owed: ['lake'] })
    await settleAll(store, 'lake', state)
  }
  await accept({ store, clock }, 'matched-nothing')
  const answer = { events: 4, cleared: 0, owed: 6, sinks: { lake: 2, finance: 4 } }
  expect(await run({ dryRun: true })).toEqual(answer)
  expect(await run()).toEqual(answer)
  expect(await owedTo(store, 'lake')).toEqual([
    'delivered delivered 1',
    'dead pending 0',
    'pending pending 1',
    'matched-nothing pending 0',
  ])
  expect(await run()).toEqual({ events: 4, cleared: 0, owed: 0, sinks: {} })
})

test('a dry run changes nothing, and leaves nothing in the audit', async () => {
  const { store, clock, run, audit } = opened()
  await accept({ store, clock }, 'a', { problems: ['event.operate: was unknown then'] })
  await accept({ store, clock }, 'b')
  expect(await run({ dryRun: true })).toEqual({
    events: 2,
    cleared: 1,
    owed: 4,
    sinks: { lake: 2, finance: 2 },
  })
  expect(await store.backlog()).toEqual([])
  expect((await store.event({ id: 'a' }))?.problems).toHaveLength(1)
  expect(await audit()).toEqual([])
})

test('with resend what was delivered is owed once more, and what is pending is not', async () => {
  const { store, clock, run } = opened(routingOf([{ name: 'all', to: ['lake'] }]))
  await accept({ store, clock }, 'delivered', { owed: ['lake'] })
  await settleAll(store, 'lake', { state: 'delivered' })
  await accept({ store, clock }, 'pending', { owed: ['lake'] })
  expect(await run({ resend: true })).toMatchObject({ owed: 1 })
  expect(await owedTo(store, 'lake')).toEqual([
    'delivered delivered 1',
    'pending pending 0',
    'delivered pending 0',
  ])
})

test('quarantined events are checked by the rules of today', async () => {
  const { store, clock, run } = opened()
  const problems = ['event.operate: must be one of CREATE']
  await accept({ store, clock }, 'in-order-now', { problems })
  await accept({ store, clock }, 'still-wrong', { problems, data: { operate: 'SHOUT' } })
  await accept({ store, clock }, '', { problems })
  expect(await run()).toEqual({ events: 1, cleared: 1, owed: 2, sinks: { lake: 1, finance: 1 } })
  expect((await store.event({ id: 'in-order-now' }))?.problems).toEqual([])
  expect((await store.event({ id: 'still-wrong' }))?.problems).toEqual(problems)
  const { items } = await store.events({ order: 'oldest first', state: 'quarantined', limit: 10 })
  expect(items.map(({ event }) => event.id)).toEqual(['still-wrong', ''])
})

test('only what matches, only by that route, only for that sink', async () => {
  const routing = routingOf([
    { name: 'reads', to: ['lake', 'finance'], match: { operate: 'READ' } },
    { name: 'all', to: ['chat'] },
  ])
  const { store, clock, run } = opened(routing)
  await accept({ store, clock }, 'read', { data: { operate: 'READ' } })
  await accept({ store, clock }, 'created')
  const counts = async (request: Partial<ReplayRequest>) =>
    (await run({ ...request, dryRun: true })).sinks
  expect(await counts({})).toEqual({ lake: 1, finance: 1, chat: 2 })
  expect(await counts({ match: { operate: ['READ'] } })).toEqual({ lake: 1, finance: 1, chat: 1 })
  expect(await counts({ match: { app_id: [{ exists: false }] } })).toEqual({})
  expect(await counts({ route: 'reads' })).toEqual({ lake: 1, finance: 1 })
  expect(await counts({ route: 'reads', sink: 'lake' })).toEqual({ lake: 1 })
  expect(await counts({ route: 'all', sink: 'lake' })).toEqual({})
  const { events } = await run({ route: 'reads', dryRun: true })
  expect(events).toBe(2)
})

test("the gateway's own events are touched by no replay and no route", async () => {
  const { store, clock, run } = opened()
  await accept({ store, clock }, 'read')
  const own = sampleEvent({ via: 'lark-fanout', id: 'alert-1', appId: 'lark-fanout' })
  const owed = [{ sink: 'ops', orderKey: null, claimMs: 0 }]
  await store.accept([{ event: own, problems: [], owed }], clock.now)
  expect(await run({ resend: true })).toMatchObject({ events: 1, owed: 2 })
  expect(toAll.route(own)).toEqual([])
  expect(toAll.explain(own)).toMatchObject([
    { route: 'all', why: expect.stringContaining('alerts') },
  ])
})

test('from since on, before until', async () => {
  const { store, clock, run } = opened(routingOf([{ name: 'all', to: ['lake'] }]))
  for (const id of ['before', 'first', 'last', 'after']) {
    await accept({ store, clock }, id)
    clock.now += 1000
  }
  await run({ since: START + 1000, until: START + 3000 })
  expect(await owedTo(store, 'lake')).toEqual(['first pending 0', 'last pending 0'])
})

test('deliveries that are owed again have the order key of today', async () => {
  const { store, clock, run } = opened(routingOf([{ name: 'all', to: ['lake'] }], 'instance_code'))
  await accept({ store, clock }, 'a', { data: { instance_code: 'I-1' } })
  await run()
  const { items } = await store.deliveries({ limit: 10 })
  expect(items.map(({ orderKey }) => orderKey)).toEqual(['I-1'])
})

test('goes in batches, oldest first, and ends although events keep coming', async () => {
  const { store, clock, operator, audit } = opened()
  for (let n = 0; n < 450; n++) await accept({ store, clock }, `event-${n}`)
  clock.now += 1000
  const seen: Replaying[] = []
  const request = { ...whole, until: START + 1e9 }
  const answer = await replay({ ...operator, routing: toAll }, request, (state) => {
    seen.push(state)
    clock.now += 1000
    void accept({ store, clock }, `late-${seen.length}`)
  })
  expect(answer).toMatchObject({ events: 450, owed: 900 })
  expect(seen.map(({ events }) => events)).toEqual([200, 400, 450])
  expect(seen[0]?.reached).toBe('2026-11-22T09:30:00.000Z')
  expect(await audit()).toMatchObject([{ action: 'replay', outcome: answer }])
})

test('where events go to many sinks, the store is not held up for all of a batch', async () => {
  const sinks = Array.from({ length: 30 }, (_, i) => `sink-${i}`)
  const { store, clock, operator } = opened()
  for (let n = 0; n < 100; n++) await accept({ store, clock }, `event-${n}`)
  clock.now += 1000
  const sizes: number[] = []
  const ledger: typeof store = {
    ...store,
    owe(batch, query) {
      sizes.push(batch.reduce((sum, { owed }) => sum + owed.length, 0))
      return store.owe(batch, query)
    },
  }
  const routing = routingOf([{ name: 'all', to: sinks }])
  const answer = await replay({ ...operator, ledger, routing }, whole)
  expect(answer).toMatchObject({ events: 100, owed: 3000 })
  expect(sizes).toEqual([990, 990, 990, 30])
})

test('ended in its middle, the audit says how far it came', async () => {
  const { store, clock, operator, audit } = opened()
  for (let n = 0; n < 250; n++) await accept({ store, clock }, `event-${n}`)
  clock.now += 1000
  const ended = new AbortController()
  const running = replay(
    { ...operator, routing: toAll, signal: ended.signal },
    { ...whole, route: 'all', match: { operate: 'CREATE' } },
    () => ended.abort(new Error('the client went away')),
  )
  await expect(running).rejects.toThrow('the client went away')
  expect(await audit()).toEqual([
    {
      id: expect.any(String),
      at: clock.now,
      actor: 'cli alice@host',
      action: 'replay',
      request: {
        since: '2026-11-22T09:29:00.000Z',
        until: '2026-11-22T09:31:00.000Z',
        match: { operate: 'CREATE' },
        route: 'all',
        resend: false,
      },
      outcome: {
        events: 200,
        cleared: 0,
        owed: 400,
        sinks: { lake: 200, finance: 200 },
        reached: '2026-11-22T09:30:00.000Z',
        error: 'the client went away',
      },
    },
  ])
})

test('a request that is wrong is refused with all that is wrong, before anything is done', async () => {
  const { run, audit } = opened()
  const wrong = {
    since: START,
    until: START,
    match: { operate: [] },
    route: 'nowhere',
    sink: 'nobody',
  }
  const error = await run(wrong).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  const problems = error instanceof ConfigError ? error.problems : []
  expect(problems.map(({ path }) => path)).toEqual(['match.operate', 'until', 'route', 'sink'])
  expect(await audit()).toEqual([])
})
