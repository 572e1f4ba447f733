import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createWakeTimer } from '../../src/hosts/wake-timer.ts'
import { callbackOf, type Folder, openFolder, post, type Served, serve } from '../serve.ts'
import {
  type Consumer,
  createSender,
  eventually,
  fullTest,
  lostOf,
  openConsumer,
  refuse,
  routesTo,
  type Sender,
  settle,
  TIRELESS,
  take,
} from './harness.ts'

const HOUR = 60 * 60 * 1000
const WEEK = 7 * 24 * HOUR
const YEAR = 365 * 24 * HOUR
const EVENTS = 20

const preload = `--import=${new URL('./clock-child.ts', import.meta.url)}`

/** A gateway whose clock a file moves. */
function serveByClock(folder: Folder) {
  return serve(folder, { NODE_OPTIONS: preload, CLOCK_FILE: join(folder.path, 'clock') })
}

async function openFolderFor({ url }: Consumer): Promise<Folder> {
  const sink = { type: 'webhook', url, ...TIRELESS }
  return openFolder({ 'routes.yaml': routesTo({ consumer: sink }), clock: '0' })
}

const jumps = [
  ['an hour forward', HOUR],
  ['a week forward', WEEK],
  ['an hour back', -HOUR],
  ['a year back', -YEAR],
] as const

/** Refuses each event twice before it takes it. */
function takeAtThird(consumer: Consumer): void {
  const refusals = new Map<string, number>()
  consumer.behave(() => {
    const { uuid } = JSON.parse(consumer.requests.at(-1)?.body ?? '')
    const times = refusals.get(uuid) ?? 0
    refusals.set(uuid, times + 1)
    return times < 2 ? refuse : take
  })
}

describe.concurrent('the clock jumps', () => {
  fullTest.each(jumps)(
    '%s: what comes from then on is delivered, and tried again',
    async (name, jumpMs) => {
      await using consumer = await openConsumer()
      await using folder = await openFolderFor(consumer)
      await using gateway = await serveByClock(folder)
      const sender = createSender()
      await sender.send(gateway.url)
      await eventually(() => consumer.taken.size, 1)
      await folder.write('clock', String(jumpMs))
      takeAtThird(consumer)
      for (let count = 0; count < EVENTS; count++) await sender.send(gateway.url)
      await settle(`the clock goes ${name}`, sender, [consumer])
    },
  )

  fullTest.each(jumps)('%s: what waits is not lost', async (name, jumpMs) => {
    await using consumer = await openConsumer()
    await using folder = await openFolderFor(consumer)
    await using gateway = await serveByClock(folder)
    const sender = await leaveWaiting(consumer, gateway)
    await folder.write('clock', String(jumpMs))
    if (jumpMs < 0) await lateByAsMuch(folder, consumer, sender, gateway)
    consumer.behave(() => take)
    await settle(`${name}, while deliveries wait`, sender, [consumer])
  })

  fullTest.each(jumps)('%s over a restart: what waited is not lost', async (name, jumpMs) => {
    await using consumer = await openConsumer()
    await using folder = await openFolderFor(consumer)
    await using gateway = await serveByClock(folder)
    const sender = await leaveWaiting(consumer, gateway)
    gateway.signal('SIGKILL')
    await gateway.ended
    await folder.write('clock', String(jumpMs))
    await using again = await serveByClock(folder)
    if (jumpMs < 0) await lateByAsMuch(folder, consumer, sender, again)
    consumer.behave(() => take)
    await settle(`${name}, over a restart`, sender, [consumer])
  })

  test('an hour back, and forward again: what waited is delivered, once', async () => {
    await using consumer = await openConsumer()
    await using folder = await openFolderFor(consumer)
    await using gateway = await serveByClock(folder)
    const sender = await leaveWaiting(consumer, gateway)
    await folder.write('clock', String(-HOUR))
    consumer.behave(() => take)
    for (let count = 0; count < EVENTS; count++) await sender.send(gateway.url)
    await folder.write('clock', '0')
    const { duplicates } = await settle('the clock goes back and forth', sender, [consumer])
    expect(duplicates).toBe(0)
  })
})

/** Has the gateway owe events that were refused once. */
async function leaveWaiting(consumer: Consumer, { url }: Served): Promise<Sender> {
  consumer.behave(() => refuse)
  const sender = createSender()
  for (let count = 0; count < EVENTS; count++) await sender.send(url)
  await eventually(() => consumer.requests.length >= EVENTS, true)
  return sender
}

/**
 * Due times stand in the store as the old clock said: while others are delivered, what waited comes only when the clock
 * is there again.
 */
async function lateByAsMuch(
  folder: Folder,
  consumer: Consumer,
  sender: Sender,
  { url }: Served,
): Promise<void> {
  consumer.behave(() => take)
  const others = createSender()
  for (let count = 0; count < EVENTS; count++) await others.send(url)
  await eventually(() => lostOf(others, [consumer]), 0)
  expect(lostOf(sender, [consumer])).toBeGreaterThan(0)
  await folder.write('clock', '0')
}

test('a time asked for just before the clock goes back is not slept for', async () => {
  const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
  const timer = createWakeTimer(wake)
  const { now } = Date
  Date.now = () => now() - HOUR
  timer.wakeAt(now() + 10)
  Date.now = now
  await woken
  timer.close()
})

test.concurrent('waits are as long as routes.yaml says, not rounded to a tick', async () => {
  await using consumer = await openConsumer()
  const times: number[] = []
  consumer.behave(() => {
    times.push(performance.now())
    return refuse
  })
  const retry = { schedule: ['1100ms', '1100ms'], jitter: 0, quick: 0 }
  const sink = { type: 'webhook', url: consumer.url, retry }
  await using folder = await openFolder({ 'routes.yaml': routesTo({ sink }) })
  await using gateway = await serve(folder)
  await post(gateway.url, callbackOf())
  await gateway.logged('dead letter')
  const [first = 0, second = 0, third = 0] = times
  expect(second - first).toBeGreaterThanOrEqual(1095)
  expect(third - second).toBeGreaterThanOrEqual(1095)
  // Each rounded up to a second, they would be 4000 together.
  expect(third - first).toBeLessThan(3900)
})
