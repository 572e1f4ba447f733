import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { status } from '../receiver.ts'
import { callbackOf, FEISHU, type Folder, openFolder, post, serve } from '../serve.ts'
import {
  createSender,
  eventually,
  hang,
  metric,
  openConsumer,
  refuse,
  routesTo,
  settle,
  TIRELESS,
  take,
} from './harness.ts'

// What goes wrong in systems of this kind, each from outside. Others of the kind are tested where they belong.

const webhook = (url: string, options: object = {}) => ({ type: 'webhook', url, ...options })

function countIn(folder: Folder, sql: string): unknown {
  const db = new DatabaseSync(join(folder.path, 'data/lark-fanout.db'), { readOnly: true })
  const [count] = Object.values(db.prepare(`SELECT count(*) FROM ${sql}`).get() ?? {})
  db.close()
  return count
}

describe.concurrent('what goes wrong elsewhere', () => {
  test('one dead output stalls neither the others nor what comes in', async () => {
    await using healthy = await openConsumer()
    await using dead = await openConsumer()
    dead.behave(() => hang)
    const sinks = {
      healthy: webhook(healthy.url),
      dead: webhook(dead.url, { timeout: '10m', concurrency: 2 }),
    }
    await using folder = await openFolder({ 'routes.yaml': routesTo(sinks) })
    await using gateway = await serve(folder)
    const sender = createSender()
    for (let count = 0; count < 100; count++) {
      expect(await sender.send(gateway.url)).toBe('200 accepted')
    }
    const { duplicates } = await settle('one sink is dead', sender, [healthy])
    expect(duplicates).toBe(0)
    expect(dead.requests).toHaveLength(2)
    expect(await metric(gateway.url, 'lark_fanout_backlog{sink="dead"}')).toBe(100)
  })

  test('a crash between storing and enqueueing leaves no event that is never sent', async () => {
    await using consumer = await openConsumer()
    const sinks = { one: webhook(consumer.url), two: webhook('http://127.0.0.1:9') }
    await using folder = await openFolder({ 'routes.yaml': routesTo(sinks) })
    await using gateway = await serve(folder)
    const sender = createSender()
    const load = sender.load(gateway.url)
    await eventually(() => sender.count > 50, true)
    gateway.signal('SIGKILL')
    await load.stop()
    expect(countIn(folder, 'events')).toBeGreaterThan(50)
    const sendings = '(SELECT 1 FROM deliveries WHERE deliveries.event = events.seq)'
    expect(countIn(folder, `events WHERE (SELECT count(*) FROM ${sendings}) <> 2`)).toBe(0)
  })

  test('what a process had in its hands when it died is stranded in no state', async () => {
    await using consumer = await openConsumer()
    consumer.behave(() => hang)
    const sink = webhook(consumer.url, { timeout: '10m', concurrency: 2 })
    await using folder = await openFolder({ 'routes.yaml': routesTo({ sink }) })
    await using gateway = await serve(folder)
    const sender = createSender()
    for (let count = 0; count < 10; count++) await sender.send(gateway.url)
    await eventually(() => consumer.requests.length, 2)
    gateway.signal('SIGKILL')
    await gateway.ended
    consumer.behave(() => take)
    await using _again = await serve(folder)
    await settle('killed with leases of ten minutes', sender, [consumer])
  })

  test('events for a paused sink are kept, and those that no route matches are stored', async () => {
    await using consumer = await openConsumer()
    const paused = routesTo({ sink: webhook(consumer.url, { paused: true }) })
    await using folder = await openFolder({ 'routes.yaml': paused })
    await using gateway = await serve(folder)
    const sender = createSender()
    for (let count = 0; count < 5; count++) await sender.send(gateway.url)
    await folder.write('routes.yaml', routesTo({ sink: webhook(consumer.url) }))
    await settle('a sink was paused', sender, [consumer])

    await folder.write('routes.yaml', `${FEISHU}sinks: {}\nroutes: []\n`)
    await gateway.logged('reloaded')
    await eventually(() => gateway.log.filter((line) => line.includes('reloaded')).length, 2)
    const unmatched = callbackOf()
    expect(await post(gateway.url, unmatched)).toBe('200 accepted')
    expect(countIn(folder, `events WHERE id = '${unmatched.uuid}'`)).toBe(1)
  })

  test('one failure redelivers nothing to the sinks that have it', async () => {
    await using healthy = await openConsumer()
    await using failing = await openConsumer()
    failing.behave(() => (failing.requests.length > 30 ? take : refuse))
    const sinks = {
      healthy: webhook(healthy.url),
      failing: webhook(failing.url, TIRELESS),
    }
    await using folder = await openFolder({ 'routes.yaml': routesTo(sinks) })
    await using gateway = await serve(folder)
    const sender = createSender()
    for (let count = 0; count < 10; count++) await sender.send(gateway.url)
    const { duplicates } = await settle('one sink fails', sender, [healthy, failing])
    expect(duplicates).toBe(0)
    expect(healthy.requests).toHaveLength(10)
  })

  test('Retry-After is kept, however short the schedule', async () => {
    await using consumer = await openConsumer()
    const times: number[] = []
    consumer.behave(() => {
      times.push(performance.now())
      return times.length === 1 ? status(503, { 'Retry-After': '2' }) : take
    })
    const sink = webhook(consumer.url, TIRELESS)
    await using folder = await openFolder({ 'routes.yaml': routesTo({ sink }) })
    await using gateway = await serve(folder)
    const sender = createSender()
    await sender.send(gateway.url)
    await settle('Retry-After', sender, [consumer])
    const [first = 0, second = 0] = times
    expect(second - first).toBeGreaterThanOrEqual(1990)
  })

  test('what a rate limit holds back comes evenly, not in bursts, and costs no attempt', async () => {
    await using consumer = await openConsumer()
    const times: number[] = []
    consumer.behave(() => {
      times.push(performance.now())
      return take
    })
    const sink = webhook(consumer.url, { rate_limit: '20/s', retry: { attempts: 1 } })
    await using folder = await openFolder({ 'routes.yaml': routesTo({ sink }) })
    await using gateway = await serve(folder)
    const sender = createSender()
    for (let count = 0; count < 40; count++) await sender.send(gateway.url)
    const { duplicates } = await settle('a rate limit', sender, [consumer])
    expect(duplicates).toBe(0)
    // In bursts of 20 a second, they would all be there within one.
    for (const from of [0, 10, 20]) {
      expect((times[from + 19] ?? 0) - (times[from] ?? 0)).toBeGreaterThan(19 * 50 * 0.7)
    }
  })
})
