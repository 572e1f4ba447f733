import { AbortError } from 'p-retry'
import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../../src/core/errors.ts'
import type { Sink } from '../../../src/core/plugin.ts'
import { live, planOf, START, scripted, setup } from '../lanes.ts'

const down = { status: 503 }
const SECOND = 1000

describe('a breaker', () => {
  const breaker = { failures: 3, cooldownMs: 30 * SECOND }
  const retry = { waits: [0, 0, 0, 0, 0, 0, 0, 0, 0], jitter: 0, quick: 0 }

  test('opens after failures in a row; what waits spends no attempt, and is kept', async () => {
    const { sink, calls } = scripted(down, down, down)
    const settings = { breaker, retry, concurrency: 1 }
    const gateway = setup({ sinks: { a: { sink, settings } } })
    for (let each = 0; each < 5; each++) await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    gateway.clock.now += 29 * SECOND
    gateway.wakes.splice(0)
    await gateway.dispatch.drain()
    expect(calls()).toBe(3)
    expect(gateway.dispatch.status()).toMatchObject([{ sink: 'a', breaker: 'open', inFlight: 0 }])
    expect(gateway.wakes).toContain(START + 30 * SECOND)
    expect(gateway.log.lines.join()).toContain('the breaker opened')

    gateway.clock.now += SECOND
    await gateway.dispatch.drain()
    expect(gateway.dispatch.status()).toMatchObject([{ breaker: 'closed' }])
    expect(await gateway.pending()).toEqual({})
    expect(calls()).toBe(3 + 5)
    expect(gateway.results.filter(([, result]) => result === 'failed')).toHaveLength(3)
  })

  test('half-open, one delivery alone tries; while it does, the others wait in the store', async () => {
    const finish: (() => void)[] = []
    let fails = true
    const sink: Sink = {
      async deliver() {
        if (fails) throw new TypeError('a plugin that says no more')
        await new Promise<void>((resolve) => finish.push(resolve))
      },
    }
    const unreachable = scripted({ unreachable: true }).sink
    const first: Sink = { deliver: (...args) => (fails ? unreachable : sink).deliver(...args) }
    const settings = { breaker: { ...breaker, failures: 1 }, retry, concurrency: 8 }
    const gateway = setup({ sinks: { a: { sink: first, settings } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    for (let each = 0; each < 7; each++) await gateway.owe('a')
    expect(gateway.dispatch.status()).toMatchObject([{ breaker: 'open' }])
    fails = false
    gateway.clock.now += 30 * SECOND
    const drained = gateway.dispatch.drain()
    await expect.poll(() => finish.length).toBe(1)
    gateway.dispatch.wake('now')
    expect(gateway.dispatch.status()).toMatchObject([{ breaker: 'half-open', inFlight: 1 }])
    const query = { sink: 'a', now: gateway.clock.now, leaseMs: 0, limit: 99 }
    expect(await gateway.store.claim(query)).toHaveLength(7)
    finish[0]?.()
    await expect.poll(() => finish.length).toBe(8)
    for (const each of finish) each()
    await drained
    expect(await gateway.pending()).toEqual({})
  })

  test('the quick tries count, and end when it opens', async () => {
    const failing = { transient: true }
    const { sink, calls } = scripted(failing, failing, failing, failing, failing)
    const quick = { ...retry, quick: 5 }
    const settings = { breaker: { ...breaker, failures: 2 }, retry: quick }
    const gateway = setup({ sinks: { a: { sink, settings } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(calls()).toBe(2)
    expect(gateway.dispatch.status()).toMatchObject([{ breaker: 'open' }])
  })

  test('half-open, whatever a plugin throws ends its try', async () => {
    const enough = new AbortError('a plugin may use p-retry itself')
    const { sink, calls } = scripted({ unreachable: true }, enough, 'ok')
    const settings = { breaker: { ...breaker, failures: 1 }, retry }
    const gateway = setup({ sinks: { a: { sink, settings } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    gateway.clock.now += 30 * SECOND
    await gateway.dispatch.drain()
    expect(calls()).toBe(3)
    expect(gateway.dispatch.status()).toMatchObject([{ breaker: 'closed' }])
  })
})

describe('a rate limit', () => {
  test('spaces the requests, and waiting for it spends no attempt', async () => {
    const times: number[] = []
    const attempts: number[] = []
    const clock = { now: () => 0 }
    const sink: Sink = {
      async deliver(_, { attempt }) {
        times.push(clock.now())
        attempts.push(attempt)
      },
    }
    const settings = { rateLimit: 2, concurrency: 16 }
    const gateway = setup({ sinks: { a: { sink, settings } } })
    clock.now = () => gateway.clock.now - START
    for (let each = 0; each < 5; each++) await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    for (let count = 1; count <= 5; count++) {
      await expect.poll(() => gateway.wakes).toContain(START + count * 500)
      gateway.clock.now = START + count * 500 - 1
      gateway.dispatch.wake()
      expect(times.length).toBe(count - 1)
      gateway.clock.now = START + count * 500
      gateway.dispatch.wake()
      await expect.poll(() => times.length).toBe(count)
    }
    expect(times).toEqual([500, 1000, 1500, 2000, 2500])
    expect(new Set(attempts)).toEqual(new Set([1]))
  })

  test('a lane holds no more than it can start soon', async () => {
    const { sink } = scripted()
    const settings = { rateLimit: 1 / 60, concurrency: 16 }
    const gateway = setup({ sinks: { a: { sink, settings } } })
    for (let each = 0; each < 10; each++) await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    gateway.clock.now += 60_000
    gateway.dispatch.wake('now')
    await expect.poll(() => gateway.results.length).toBe(1)
    gateway.dispatch.wake('now')
    await gateway.dispatch.close()
    const query = { sink: 'a', now: gateway.clock.now, leaseMs: 1000, limit: 99 }
    const claimed = await gateway.store.claim(query)
    expect(claimed.map(({ attempt, claim }) => [attempt, claim])).toEqual(Array(9).fill([1, 1]))
  })
})

test('quick tries do not break the spacing of a rate limit', async () => {
  const failing = { transient: true }
  const { sink, calls } = scripted(failing, failing, failing)
  const retry = { waits: [], jitter: 0, quick: 2 }
  const gateway = setup({ sinks: { a: { sink, settings: { rateLimit: 1, retry } } } })
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  gateway.clock.now += SECOND
  gateway.dispatch.wake('now')
  await expect.poll(() => gateway.results).toEqual([['a', 'dead']])
  expect(calls()).toBe(1)
})

describe('an order', () => {
  const retry = { waits: [5000, 5000], jitter: 0, quick: 0 }

  test('of one key one at a time, in order of acceptance; a failing head holds up its own key alone', async () => {
    const seen: string[] = []
    let refused = 2
    const sink: Sink = {
      async deliver({ id }) {
        seen.push(id)
        if (id === 'event-1' && refused-- > 0) throw new Error('not yet')
      },
    }
    const gateway = setup({ sinks: { a: { sink, settings: { retry, concurrency: 8 } } } })
    for (const key of ['x', 'x', 'y', 'x', 'y']) await gateway.oweInOrder(key, 'a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => seen).toEqual(['event-1', 'event-3', 'event-5'])
    for (const at of [5, 10]) {
      await gateway.dispatch.drain()
      gateway.clock.now = START + at * SECOND
      gateway.dispatch.wake('now')
    }
    await expect.poll(() => seen.slice(3)).toEqual(['event-1', 'event-1', 'event-2', 'event-4'])
  })

  test('a dead one frees the next', async () => {
    const { sink, delivered } = scripted({ permanent: true }, 'ok')
    const gateway = setup({ sinks: { a: { sink } } })
    await gateway.oweInOrder('x', 'a')
    await gateway.oweInOrder('x', 'a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => delivered).toEqual(['event-2'])
    expect(await gateway.dead()).toBe(1)
  })

  test('is kept over a new plan while the old sink still delivers', async () => {
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
    const slow: Sink = { deliver: () => finished }
    const { sink, delivered } = scripted()
    const gateway = setup({ sinks: { a: { sink: slow } } })
    await gateway.oweInOrder('x', 'a')
    await gateway.oweInOrder('x', 'a')
    await gateway.oweInOrder('y', 'a')
    const inFlight = async () => gateway.dispatch.status()[0]?.inFlight
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(inFlight).toBe(2)
    gateway.dispatch.follow(planOf(live('a', sink)))
    await gateway.dispatch.drain()
    expect(delivered).toEqual([])
    finish()
    await expect.poll(() => delivered).toEqual(['event-2'])
  })
})

describe('a pause by an operator', () => {
  const pause = { sink: 'a', by: 'operator', at: START, options: '' } as const

  test('is noticed within a second, also by what waits in the lane; the rest is delivered once it ends', async () => {
    const finish: (() => void)[] = []
    const sink: Sink = { deliver: () => new Promise<void>((resolve) => finish.push(resolve)) }
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 1 } } } })
    for (let each = 0; each < 3; each++) await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => finish.length).toBe(1)
    await gateway.store.pause(pause)
    gateway.clock.now += SECOND
    gateway.dispatch.wake()
    await expect.poll(() => gateway.dispatch.status()[0]?.pausedBy).toEqual(['operator'])
    finish[0]?.()
    await gateway.dispatch.drain()
    expect(finish.length).toBe(1)
    expect(await gateway.pending()).toEqual({ a: 2 })

    await gateway.store.resume('a')
    gateway.clock.now += SECOND
    gateway.dispatch.wake()
    for (let count = 2; count <= 3; count++) {
      await expect.poll(() => finish.length).toBe(count)
      finish[count - 1]?.()
    }
    await gateway.dispatch.drain()
    expect(await gateway.pending()).toEqual({})
  })

  test('is there before the first delivery', async () => {
    const { sink, calls } = scripted()
    const gateway = setup({ sinks: { a: { sink }, b: { sink } } })
    await gateway.store.pause(pause)
    await gateway.owe('a', 'b')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(calls()).toBe(1)
    expect(await gateway.pending()).toEqual({ a: 1 })
  })
})

describe('a 410', () => {
  test('pauses over restarts, until someone resumes the sink or its options change', async () => {
    const gone = scripted({ gone: true, status: 410 }, 'ok')
    const gateway = setup({ sinks: { a: gone } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(gateway.dispatch.status()).toMatchObject([{ pausedBy: ['receiver'] }])
    await gateway.dispatch.close()

    const restarted = setup({ sinks: { a: gone }, store: gateway.store })
    restarted.dispatch.follow(planOf(...restarted.lives))
    await restarted.dispatch.drain()
    expect(gone.calls()).toBe(1)

    const { sink, delivered } = scripted()
    restarted.dispatch.follow(planOf({ ...live('a', sink), fingerprint: 'of other options' }))
    await restarted.dispatch.drain()
    expect(delivered).toEqual(['event-1'])
    expect(restarted.dispatch.status()).toMatchObject([{ pausedBy: [] }])
  })

  test('does not come back when the sink has its old options again', async () => {
    const gone = scripted({ gone: true, status: 410 }, 'ok')
    const gateway = setup({ sinks: { a: gone } })
    const [before] = gateway.lives
    if (!before) throw new Error('there is one')
    const operator = { sink: 'a', by: 'operator', at: START, options: '' } as const
    await gateway.store.pause(operator)
    await gateway.store.resume('a')
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(before))
    await gateway.dispatch.drain()
    expect(await gateway.store.pauses()).toMatchObject([{ by: 'receiver' }])
    await gateway.store.pause(operator)

    gateway.dispatch.follow(planOf())
    await gateway.dispatch.drain()
    expect(await gateway.store.pauses()).toHaveLength(2)
    const other = { ...live('a', scripted().sink), fingerprint: 'of other options' }
    gateway.dispatch.follow(planOf(other))
    await gateway.dispatch.drain()
    expect(await gateway.store.pauses()).toEqual([operator])

    await gateway.store.resume('a')
    gateway.dispatch.follow(planOf(before))
    await gateway.dispatch.drain()
    expect(gateway.dispatch.status()).toMatchObject([{ pausedBy: [] }])
    expect(gone.calls()).toBe(2)
  })

  test('to what was in flight when the options changed says nothing of the new ones', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    const slow: Sink = {
      async deliver() {
        await answered
        throw new DeliveryError('gone', { gone: true, status: 410 })
      },
    }
    const gateway = setup({ sinks: { a: { sink: slow } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => gateway.dispatch.status()).toMatchObject([{ inFlight: 1 }])
    const { sink, delivered } = scripted()
    gateway.dispatch.follow(planOf({ ...live('a', sink), fingerprint: 'of other options' }))
    answer()
    await expect.poll(() => delivered).toEqual(['event-1'])
    expect(await gateway.store.pauses()).toEqual([])
    expect(gateway.log.lines.join()).not.toContain('paused')
  })

  test('is over when an operator resumes the sink', async () => {
    const { sink, calls } = scripted({ gone: true, status: 410 }, 'ok')
    const gateway = setup({ sinks: { a: { sink } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    await gateway.store.resume('a')
    await gateway.dispatch.drain()
    expect(calls()).toBe(2)
    expect(await gateway.pending()).toEqual({})
  })
})

test('a clock that jumps past a lease has nothing delivered twice', async () => {
  const finish: (() => void)[] = []
  const sink: Sink = { deliver: () => new Promise<void>((resolve) => finish.push(resolve)) }
  const gateway = setup({ sinks: { a: { sink } } })
  await gateway.owe('a')
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await expect.poll(() => finish.length).toBe(2)
  for (let jump = 0; jump < 2; jump++) {
    gateway.clock.now += 3_600 * SECOND
    gateway.dispatch.wake('now')
    const { clock, store } = gateway
    await expect.poll(() => store.nextDueAt('a')).toBeGreaterThan(clock.now)
  }
  expect(gateway.dispatch.status()).toMatchObject([{ inFlight: 2 }])
  const drained = gateway.dispatch.drain()
  for (const each of finish) each()
  await drained
  gateway.clock.now += 3_600 * SECOND
  await gateway.dispatch.drain()
  expect(finish).toHaveLength(2)
  expect(await gateway.pending()).toEqual({})
})

test('a clock that is set back keeps no lane from looking', async () => {
  const { sink, delivered } = scripted()
  const gateway = setup({ sinks: { a: { sink } } })
  gateway.dispatch.follow(planOf(...gateway.lives))
  await gateway.dispatch.drain()
  gateway.clock.now -= 3_600 * SECOND
  await gateway.owe('a')
  gateway.dispatch.wake()
  gateway.clock.now += SECOND
  gateway.dispatch.wake()
  await expect.poll(() => delivered).toEqual(['event-1'])
})
