import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { DeliveryError } from '../src/core/errors.ts'
import type { Plan, SinkSettings } from '../src/core/plan.ts'
import { createGateway, type Gateway } from '../src/gateway.ts'
import { createNodeRuntime } from '../src/hosts/node-runtime.ts'
import { createWakeTimer } from '../src/hosts/wake-timer.ts'
import { openPostgresStore } from '../src/stores/postgres.ts'
import { silentLog } from './log.ts'
import { sharedPostgres } from './postgres.ts'
import { openReceiver, type Receiver, status } from './receiver.ts'
import { emptyPlan, settings as someSettings } from './settings.ts'
import { createMigrated } from './stores/postgres-stores.ts'
import { acceptance } from './stores/samples.ts'

const database = await createMigrated(await sharedPostgres())
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(() => database.empty())

/** Gateways with stores of their own on one database, as on machines of their own, and one receiver. */
async function openGateways(
  count: number,
  backlog: number,
  settings: Partial<SinkSettings>,
  answer = status(200),
) {
  await using cleanup = new AsyncDisposableStack()
  const receiver = cleanup.use(await openReceiver())
  receiver.answerWith(answer)
  const sent: number[] = []
  const gateways: Gateway[] = []
  for (let n = 0; n < count; n++) {
    const store = await openPostgresStore({ url: database.url, log: silentLog })
    cleanup.defer(() => store.close())
    if (n === 0) await store.accept(Array.from({ length: backlog }, event), Date.now())
    const runtime = createNodeRuntime({ folder: '.', log: silentLog })
    cleanup.defer(runtime.close)
    const timer = createWakeTimer(() => gateway.wake())
    cleanup.defer(timer.close)
    const plan = planOf(receiver, sent, { ...someSettings, ...settings })
    const gateway = createGateway({ plan, store, runtime, wakeAt: timer.wakeAt })
    cleanup.defer(gateway.close)
    gateways.push(gateway)
  }
  const kept = cleanup.move()
  return {
    receiver,
    sent,
    states: () => new Set(gateways.map((gateway) => gateway.status()[0]?.breaker)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const event = (_: unknown, n: number) => acceptance(`e${n}`, { owed: ['a'] })

function planOf({ url }: Receiver, sent: number[], settings: SinkSettings): Plan {
  const deliver = async () => {
    sent.push(Date.now())
    const answer = await fetch(url, { method: 'POST' })
    if (!answer.ok) throw new DeliveryError('refused', { status: answer.status })
  }
  const sink = { name: 'a', type: 'test', settings, sink: { deliver }, fingerprint: 'options' }
  return { ...emptyPlan, sinks: new Map([['a', { ...sink, conceal: String }]]) }
}

describe('three gateways on one Postgres', () => {
  test('keep one rate: no window has more', async () => {
    // So far apart may a slow machine bring them: each alone would send three times as many all the same.
    const [perSecond, backlog, lateMs] = [50, 75, 100]
    const rate = { rateLimit: perSecond, concurrency: 8 }
    await using all = await openGateways(3, backlog, rate)
    await expect.poll(() => all.receiver.requests.length, { timeout: 25_000 }).toBe(backlog)
    for (const windowMs of [100, 500, 1000]) {
      const counts = all.sent.map(
        (from) => all.sent.filter((at) => at >= from && at < from + windowMs).length,
      )
      const most = Math.floor(((windowMs + lateMs) * perSecond) / 1000) + 1
      expect(Math.max(...counts)).toBeLessThanOrEqual(most)
    }
  })

  test('keep one breaker: it opens for all, and closes for all', async () => {
    const [failures, cooldownMs] = [60, 1500]
    const retry = { waits: Array(99).fill(1), jitter: 0, quick: 0 }
    const settings = { breaker: { failures, cooldownMs }, retry, concurrency: 2 }
    await using all = await openGateways(3, 30, settings, status(503))
    await expect.poll(all.states, { timeout: 20_000 }).toEqual(new Set(['open']))
    // Some are under way when it opens; each alone would send three times as many.
    expect(all.sent.length).toBeLessThanOrEqual(2 * failures)
    let delivered = 0
    all.receiver.answerWith((response) => {
      delivered++
      response.end()
    })
    await expect.poll(all.states, { timeout: 20_000 }).toEqual(new Set(['closed']))
    await expect.poll(() => delivered, { timeout: 20_000 }).toBeGreaterThanOrEqual(30)
  })
})
