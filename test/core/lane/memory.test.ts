import { describe, expect, test } from 'vitest'
import type { LaneMemories, LaneMemory } from '../../../src/core/lane/memory.ts'
import { createRate } from '../../../src/core/lane/rate.ts'
import type { LiveSink, SinkSettings } from '../../../src/core/plan.ts'
import type { Sink } from '../../../src/core/plugin.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { live, planOf, START, scripted, setup } from '../lanes.ts'

const SECOND = 1000

/** A host whose processes end whenever they wait: all that is left of them is its store, and texts by sink and options. */
function openHost(sink: Sink, settings: Partial<SinkSettings>) {
  const rows = new Map<string, string>()
  const written: LaneMemory[] = []
  const keyOf = ({ name, fingerprint }: LiveSink) => `${name} ${fingerprint}`
  const memories: LaneMemories = {
    of(live) {
      const row = rows.get(keyOf(live))
      return row === undefined ? undefined : JSON.parse(row)
    },
    keep(live, memory) {
      written.push(memory)
      rows.set(keyOf(live), JSON.stringify(memory))
    },
  }
  const store = openMemoryStore()
  const host = { lookEveryMs: Number.POSITIVE_INFINITY, greets: false, memories }
  let end = async () => {}
  return {
    written,
    /** Ends the process before it, and starts the next one at that time. */
    async start(atMs: number, fingerprint = 'some options') {
      await end()
      const gateway = setup({ sinks: {}, store, host })
      end = gateway.dispatch.close
      gateway.clock.now = START + atMs
      gateway.dispatch.follow(planOf({ ...live('a', sink, settings), fingerprint }))
      return gateway
    },
  }
}

describe('a rate limit', () => {
  test('slower than its processes live delivers at the slots that were remembered', async () => {
    const { sink, calls } = scripted()
    const host = openHost(sink, { rateLimit: 2 / 60 })
    const first = await host.start(0)
    for (let each = 0; each < 3; each++) await first.owe('a')
    for (const [at, delivered, nextAt] of [
      [20, 0, 30],
      [29.9, 0, 30],
      [30, 1, 60],
      [59.9, 1, 60],
      [65, 2, 95],
    ] as const) {
      const { wakes } = await host.start(at * SECOND)
      await expect.poll(() => wakes).toContain(START + nextAt * SECOND)
      expect(calls()).toBe(delivered)
    }
  })

  test('is remembered before its request is made', async () => {
    const slots: unknown[] = []
    const deliver = async () => void slots.push(host.written.at(-1)?.nextSlot)
    const host = openHost({ deliver }, { rateLimit: 1 })
    await (await host.start(0)).owe('a')
    await host.start(SECOND)
    await expect.poll(() => slots).toEqual([START + 2 * SECOND])
  })

  test('of requests close together writes nothing', async () => {
    const { sink, calls } = scripted()
    const host = openHost(sink, { rateLimit: 100 })
    const gateway = await host.start(0)
    await gateway.owe('a')
    gateway.clock.now += SECOND
    await gateway.dispatch.drain()
    expect(calls()).toBe(1)
    expect(host.written).toEqual([])
  })

  test('waits no longer than an interval, wherever the clock has been', () => {
    expect(createRate(0.5, 0, 3_600_000).nextAt(0)).toBe(2000)
    expect(createRate(0.5, 5000, 1000).nextAt(5000)).toBe(1000)
  })
})

describe('a breaker', () => {
  const hour = 3600 * SECOND
  const breaker = { failures: 3, cooldownMs: hour }
  const retry = { waits: [5000, 5000, 5000, 5000], jitter: 0, quick: 0 }
  const down = { status: 503 }

  test('counts on from process to process, stays open for its cooldown, then sends one to try', async () => {
    const { sink, calls } = scripted(down, down, down, down, 'ok')
    const host = openHost(sink, { breaker, retry, concurrency: 8 })
    const runAt = async (atMs: number) => {
      const gateway = await host.start(atMs)
      await gateway.dispatch.drain()
      const wakes = gateway.wakes.map((time) => time - START)
      return { gateway, calls: calls(), state: gateway.dispatch.status()[0]?.breaker, wakes }
    }
    const { gateway } = await runAt(0)
    await gateway.owe('a')
    expect(await runAt(0)).toMatchObject({ calls: 1, state: 'closed' })
    expect(await runAt(5 * SECOND)).toMatchObject({ calls: 2, state: 'closed' })
    expect(await runAt(10 * SECOND)).toMatchObject({ calls: 3, state: 'open' })
    await gateway.owe('a')
    await gateway.owe('a')

    const waiting = await runAt(20 * SECOND)
    expect(waiting).toMatchObject({ calls: 3, state: 'open' })
    expect(waiting.wakes).toContain(hour + 10 * SECOND)
    expect(await runAt(hour + 9 * SECOND)).toMatchObject({ calls: 3, state: 'open' })
    expect(await runAt(hour + 10 * SECOND)).toMatchObject({ calls: 4, state: 'open' })
    expect(await runAt(2 * hour)).toMatchObject({ calls: 4, state: 'open' })

    const mended = await runAt(2 * hour + 10 * SECOND)
    expect(mended).toMatchObject({ calls: 7, state: 'closed' })
    expect(await mended.gateway.pending()).toEqual({})
    const writes = host.written.length
    expect(await runAt(3 * hour)).toMatchObject({ state: 'closed' })
    expect(host.written).toHaveLength(writes)
  })

  test('begins anew where its sink has other options', async () => {
    const { sink, calls } = scripted(down, 'ok')
    const host = openHost(sink, { breaker: { ...breaker, failures: 1 }, retry })
    const before = await host.start(0)
    await before.owe('a')
    await before.dispatch.drain()
    expect(before.dispatch.status()).toMatchObject([{ breaker: 'open' }])
    const mended = await host.start(5 * SECOND, 'other options')
    await mended.dispatch.drain()
    expect(mended.dispatch.status()).toMatchObject([{ breaker: 'closed' }])
    expect(calls()).toBe(2)
  })

  test('writes when its count changes, and not for each success', async () => {
    const { sink } = scripted('ok', 'ok', down, 'ok', 'ok')
    const host = openHost(sink, { breaker, retry, concurrency: 1 })
    const gateway = await host.start(0)
    for (let each = 0; each < 4; each++) await gateway.owe('a')
    await gateway.dispatch.drain()
    expect(host.written.map(({ failures }) => failures)).toEqual([1, 0])
  })
})
