import { expect, test } from 'vitest'
import type { Plan } from '../src/core/plan.ts'
import type { Sink } from '../src/core/plugin.ts'
import type { Store } from '../src/core/store.ts'
import { createGateway } from '../src/gateway.ts'
import { createNodeRuntime } from '../src/hosts/node-runtime.ts'
import { openMemoryStore } from '../src/stores/memory.ts'
import { recordingLog } from './log.ts'
import { sampleEvent } from './sample-event.ts'
import { emptyPlan, settings } from './settings.ts'

/** A gateway with one sink, whose source takes every body for a new event. */
function openGateway(store: Store, deliver: Sink['deliver'], lookEveryMs?: number) {
  const log = recordingLog()
  const clock = { now: Date.now() }
  const runtime = { ...createNodeRuntime({ folder: '.', log }), now: () => clock.now }
  let ids = 0
  const receive = async () => ({
    kind: 'event' as const,
    event: sampleEvent({ id: `event-${++ids}`, time: Date.now() }),
    problems: [],
  })
  const live = { name: 'a', type: 'test', settings, sink: { deliver }, fingerprint: '' }
  const plan: Plan = {
    ...emptyPlan,
    sources: [
      {
        name: 'test',
        path: '/in',
        events: '*',
        accepts: () => true,
        source: { receive },
        fingerprint: '',
      },
    ],
    sinks: new Map([['a', { ...live, conceal: String }]]),
    route: () => ['a'],
  }
  const gateway = createGateway({ plan, store, runtime, lookEveryMs, wakeAt() {} })
  const post = () => gateway.fetch(new Request('http://x/in', { method: 'POST', body: '{}' }))
  return { gateway, post, log, clock }
}

test('where the store cannot take an event, Feishu is told to send it again, and nothing leaks', async () => {
  const store = openMemoryStore()
  let full = true
  const failing: Store = {
    ...store,
    accept: (...args) =>
      full ? Promise.reject(new Error('disk full: /x')) : store.accept(...args),
    check: () => (full ? Promise.reject(new Error('disk full: /x')) : store.check()),
  }
  const delivered: string[] = []
  const { gateway, post, log, clock } = openGateway(
    failing,
    async ({ id }) => void delivered.push(id),
  )
  for (let count = 0; count < 5; count++) {
    const answer = await post()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '15'])
    expect(await answer.text()).not.toContain('disk')
  }
  expect((await gateway.fetch(new Request('http://x/readyz'))).status).toBe(503)
  expect(log.lines.join()).toContain('disk full')
  full = false
  expect((await post()).status).toBe(200)
  // Whoever asks too often gets the last answer: a check is a write.
  expect((await gateway.fetch(new Request('http://x/readyz'))).status).toBe(503)
  clock.now += 1000
  expect((await gateway.fetch(new Request('http://x/readyz'))).status).toBe(200)
  await gateway.drain()
  expect(delivered).toEqual(['event-6'])
})

test('a fault of our own is a plain 500 that tells a stranger nothing', async () => {
  const { gateway, log } = openGateway(openMemoryStore(), async () => {})
  gateway.follow({
    ...emptyPlan,
    sources: [
      {
        name: 'broken',
        path: '/in',
        events: '*',
        accepts: () => true,
        source: { receive: () => Promise.reject(new Error('the secret is 42')) },
        fingerprint: '',
      },
    ],
  })
  const answer = await gateway.fetch(new Request('http://x/in', { method: 'POST', body: '{}' }))
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('42')
  expect(log.lines.join()).toContain('failed unexpectedly')
})

test('a clock that is set back does not keep a store that is well again from being ready', async () => {
  const store = openMemoryStore()
  let full = true
  const failing: Store = {
    ...store,
    accept: (...args) => (full ? Promise.reject(new Error('full')) : store.accept(...args)),
  }
  const { gateway, post, clock } = openGateway(failing, async () => {})
  const ready = async () => (await gateway.fetch(new Request('http://x/readyz'))).status
  expect((await post()).status).toBe(503)
  expect(await ready()).toBe(503)
  full = false
  clock.now -= 3_600_000
  expect(await ready()).toBe(200)
})

test('a clock that is far ahead takes every event for an old one: the log says so', async () => {
  const { post, log, clock } = openGateway(openMemoryStore(), async () => {})
  clock.now += 31 * 86_400_000
  expect(await (await post()).json()).toEqual({ code: 0, msg: 'duplicate' })
  expect(log.lines.join()).toContain('is the clock right?')
})

test('what was to be born claimed gives its place back where the store cannot take it', async () => {
  const store = openMemoryStore()
  const asked: (number | undefined)[] = []
  let isOut = true
  const failing: Store = {
    ...store,
    accept(batch, now) {
      asked.push(batch[0]?.owed[0]?.claimMs)
      return isOut ? Promise.reject(new Error('out')) : store.accept(batch, now)
    },
  }
  const { gateway, post, log } = openGateway(failing, async () => {})
  for (let count = 0; count < 20; count++) {
    await gateway.drain()
    expect((await post()).status).toBe(503)
  }
  isOut = false
  await gateway.drain()
  expect((await post()).status).toBe(200)
  expect(asked.every((claimMs) => Number(claimMs) > 0)).toBe(true)
  // Not a line an event.
  expect(log.lines.filter((line) => line.includes('cannot take an event'))).toHaveLength(1)
})

test('what another process has left for a sink is delivered as soon as its store says so', async () => {
  const store = openMemoryStore()
  const heard: ((sink: string) => void)[] = []
  const watched: Store = { ...store, watch: (each) => void heard.push(each) }
  const delivered: string[] = []
  const lookEveryMs = Number.POSITIVE_INFINITY
  const open = (name: string) =>
    openGateway(watched, async ({ id }) => void delivered.push(`${name} ${id}`), lookEveryMs)
  const [one, other] = [open('one'), open('other')]
  await Promise.all([one.gateway.drain(), other.gateway.drain()])
  const owed = [{ sink: 'a', orderKey: null, claimMs: 0 }]
  await store.accept([{ event: sampleEvent({ id: 'left' }), problems: [], owed }], one.clock.now)
  one.gateway.wake()
  other.gateway.wake()
  expect(delivered).toEqual([])
  for (const hear of heard) hear('no such sink')
  heard[1]?.('a')
  await expect.poll(() => delivered).toEqual(['other left'])
  await Promise.all([one.gateway.close(), other.gateway.close()])
  for (const hear of heard) hear('a')
})
