import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { Answer } from '../receiver.ts'
import { openFolder, type Served, serve } from '../serve.ts'
import {
  createRandom,
  createSender,
  eventually,
  full,
  fullTest,
  hang,
  openConsumer,
  refuse,
  routesTo,
  settle,
  TIRELESS,
  take,
} from './harness.ts'

/** Resolves when it takes no more requests. */
const closed = ({ url }: Served) =>
  eventually(
    () =>
      fetch(url).then(
        () => 'open',
        () => 'closed',
      ),
    'closed',
  )

const ROUNDS = full ? 20 : 1

test.concurrent(`SIGTERM under load, times ${ROUNDS}: exit 0 each time, nothing lost`, async () => {
  const random = createRandom()
  await using healthy = await openConsumer()
  await using flaky = await openConsumer()
  flaky.behave(() => (random() < 0.5 ? refuse : take))
  const sink = (url: string) => ({ type: 'webhook', url, ...TIRELESS })
  const sinks = { healthy: sink(healthy.url), flaky: sink(flaky.url) }
  await using folder = await openFolder({ 'routes.yaml': routesTo(sinks) })
  const sender = createSender()
  for (let round = 0; round < ROUNDS; round++) {
    await using gateway = await serve(folder)
    const enough = sender.count + 30
    const load = sender.load(gateway.url)
    await eventually(() => sender.count > enough, true)
    gateway.signal('SIGTERM')
    expect(await gateway.ended).toBe(0)
    await load.stop()
  }
  flaky.behave(() => take)
  await using _gateway = await serve(folder)
  const { duplicates } = await settle(`SIGTERM under load, ${ROUNDS} times`, sender, [
    healthy,
    flaky,
  ])
  // Whatever was in flight was finished and written down.
  expect(duplicates).toBe(0)
}, 300_000)

test.concurrent('SIGTERM finishes what is in flight, and keeps the rest for the next start', async () => {
  await using slow = await openConsumer()
  const { promise: release, resolve } = Promise.withResolvers<void>()
  const late: Answer = (response, request) => void release.then(() => take(response, request))
  slow.behave(() => (slow.requests.length === 1 ? late : take))
  const sink = { type: 'webhook', url: slow.url, concurrency: 1 }
  await using folder = await openFolder({ 'routes.yaml': routesTo({ slow: sink }) })
  await using gateway = await serve(folder)
  const sender = createSender()
  await sender.send(gateway.url)
  await eventually(() => slow.requests.length, 1)
  await sender.send(gateway.url)
  gateway.signal('SIGTERM')
  await closed(gateway)
  resolve()
  expect(await gateway.ended).toBe(0)
  expect(slow.requests.length).toBe(1)
  await using again = await serve(folder)
  const { duplicates } = await settle('SIGTERM with one in flight', sender, [slow])
  expect([duplicates, slow.requests.length]).toEqual([0, 2])
  expect(again.log.join('\n')).not.toContain('error')
})

const pairs = [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGTERM'],
] as const

fullTest.concurrent.each(pairs)(
  '%s, then %s while a sink hangs: it ends at once, nothing lost',
  async (first, second) => {
    await using healthy = await openConsumer()
    await using hanging = await openConsumer()
    hanging.behave(() => hang)
    const sinks = {
      healthy: { type: 'webhook', url: healthy.url },
      hanging: { type: 'webhook', url: hanging.url, timeout: '10m' },
    }
    await using folder = await openFolder({ 'routes.yaml': routesTo(sinks) })
    await using gateway = await serve(folder)
    const sender = createSender()
    for (let count = 0; count < 5; count++) await sender.send(gateway.url)
    await eventually(() => hanging.requests.length, 5)
    gateway.signal(first)
    await closed(gateway)
    gateway.signal(second)
    await gateway.ended
    hanging.behave(() => take)
    await using _again = await serve(folder)
    await settle(`${first}, then ${second}`, sender, [healthy, hanging])
  },
)

test.concurrent('SIGTERM while a sink hangs: exit 0 once its timeout is over, nothing lost', async () => {
  await using hanging = await openConsumer()
  hanging.behave(() => hang)
  const sink = { type: 'webhook', url: hanging.url, timeout: '500ms', ...TIRELESS }
  await using folder = await openFolder({ 'routes.yaml': routesTo({ hanging: sink }) })
  await using gateway = await serve(folder)
  const sender = createSender()
  for (let count = 0; count < 40; count++) await sender.send(gateway.url)
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
  hanging.behave(() => take)
  await using _again = await serve(folder)
  const { duplicates } = await settle('SIGTERM while a sink hangs', sender, [hanging])
  expect(duplicates).toBe(0)
})

test.concurrent('SIGTERM ends it, though clients say nothing or dribble', async () => {
  const sink = { type: 'webhook', url: 'http://127.0.0.1:9' }
  await using folder = await openFolder({ 'routes.yaml': routesTo({ sink }) })
  await using gateway = await serve(folder)
  const port = Number(new URL(gateway.url).port)
  const silent = connect(port, '127.0.0.1')
  const slow = connect(port, '127.0.0.1')
  // The gateway cuts them off in the end.
  for (const socket of [silent, slow]) socket.on('error', () => {})
  slow.write('POST /webhook/event HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{')
  await Promise.all([once(silent, 'connect'), once(slow, 'connect')])
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
  silent.destroy()
  slow.destroy()
})
