import { describe, expect, test } from 'vitest'
import { DeliveryError, type DeliveryFailure } from '../../../src/core/errors.ts'
import type { Sink } from '../../../src/core/plugin.ts'
import { planOf, START, scripted, setup } from '../lanes.ts'

const cutShort = { returned: 'cut short' } as const
const unsent = { returned: 'unsent' } as const
const down = { status: 503, transient: true }

/** A gateway that owes its sink one event, and tries as often as it takes. */
async function tried(times: number, ...answers: readonly (DeliveryFailure | 'ok')[]) {
  const script = scripted(...answers)
  const gateway = setup({ sinks: { a: script } })
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  for (let time = 0; time < times; time++) {
    await gateway.dispatch.drain()
    gateway.clock.now += 1000
  }
  return { ...gateway, calls: script.calls, delivered: script.delivered }
}

describe('a delivery that is given back because its receiver went away', () => {
  test('is made again a second later, not before, and has spent no attempt', async () => {
    const gateway = await tried(1, cutShort, unsent, 'ok')
    expect([gateway.calls(), gateway.results]).toEqual([1, []])
    gateway.clock.now -= 1
    await gateway.dispatch.drain()
    expect(gateway.calls()).toBe(1)
    gateway.clock.now += 1
    await gateway.dispatch.drain()
    gateway.clock.now += 1000
    await gateway.dispatch.drain()
    expect(gateway.delivered).toEqual(['event-1'])
    expect(gateway.results).toEqual([['a', 'delivered']])
    expect(gateway.log.lines.filter((line) => line.includes('given back'))).toHaveLength(2)
    const { items } = await gateway.store.deliveries({ limit: 9 })
    expect(items).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })

  test('ends as a dead letter where each receiver dies of it', async () => {
    const gateway = await tried(200, ...Array<DeliveryFailure>(200).fill(cutShort))
    expect(await gateway.dead()).toBe(1)
    // As often as an event may end the gateway: 100 times, and once for each of the two waits between attempts.
    expect(gateway.calls()).toBe(102)
    expect(gateway.log.lines.join()).toContain('102 times the gateway or the receiver ended')
  })

  test('waits for ever where there was nobody to send it to', async () => {
    const gateway = await tried(200, ...Array<DeliveryFailure>(200).fill(unsent))
    expect([gateway.calls(), await gateway.dead()]).toEqual([200, 0])
  })

  test('says nothing of the receiver to the breaker, and leaves the trial to the next', async () => {
    const { sink, calls } = scripted(down, cutShort, down, 'ok')
    const breaker = { failures: 1, cooldownMs: 30_000 }
    const gateway = setup({ sinks: { a: { sink, settings: { breaker } } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    const state = () => gateway.dispatch.status()[0]?.breaker
    expect(state()).toBe('open')
    gateway.clock.now += 30_000
    await gateway.dispatch.drain()
    expect([calls(), state()]).toEqual([2, 'half-open'])
    gateway.clock.now += 1000
    await gateway.dispatch.drain()
    expect([calls(), state()]).toEqual([3, 'open'])
  })

  test('counts as failed where the same attempt has failed before', async () => {
    const { sink } = scripted(down, cutShort)
    const retry = { waits: [], jitter: 0, quick: 1 }
    const gateway = setup({ sinks: { a: { sink, settings: { retry } } } })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(await gateway.dead()).toBe(1)
  })
})

test('what is given back after the clock was set back is waited for from then on', async () => {
  const { promise: ended, reject: end } = Promise.withResolvers<void>()
  const gateway = setup({ sinks: { a: { sink: { deliver: () => ended } } } })
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await expect.poll(() => gateway.dispatch.status()).toMatchObject([{ inFlight: 1 }])
  gateway.clock.now = START - 3_600_000
  end(new DeliveryError('hung up', cutShort))
  await expect.poll(() => gateway.wakes).toContain(gateway.clock.now + 1000)
})

test('what is given back after it was claimed anew, its lease over by a jump of the clock, is free', async () => {
  const { promise: ended, reject: end } = Promise.withResolvers<void>()
  const gateway = setup({ sinks: { a: { sink: { deliver: () => ended } } } })
  const { clock, dispatch, store } = gateway
  await gateway.owe('a')
  dispatch.follow(planOf(...gateway.lives))
  await expect.poll(() => dispatch.status()).toMatchObject([{ inFlight: 1 }])
  clock.now += 3_600_000
  dispatch.wake('now')
  await expect.poll(() => store.nextDueAt('a')).toBeGreaterThan(clock.now)
  end(new DeliveryError('nobody there', unsent))
  await expect.poll(() => store.nextDueAt('a')).toBe(clock.now + 1000)
  expect((await store.deliveries({ limit: 9 })).items).toMatchObject([{ inFlight: false }])
})

test('a receiver that keeps going away is not held more for because its attempts are short', async () => {
  const { sink } = scripted(...Array<DeliveryFailure>(60).fill(unsent))
  const { promise: never } = Promise.withResolvers<void>()
  const times = { now: 0 }
  const hanging: Sink = {
    deliver: (...args) => (times.now++ < 60 ? sink.deliver(...args) : never),
  }
  const gateway = setup({ sinks: { a: { sink: hanging, settings: { concurrency: 1 } } } })
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  for (let time = 0; time < 60; time++) {
    await gateway.dispatch.drain()
    gateway.clock.now += 1000
  }
  for (let each = 0; each < 20; each++) await gateway.owe('a')
  gateway.dispatch.wake('now')
  await expect.poll(() => gateway.dispatch.status()).toMatchObject([{ inFlight: 1 }])
  gateway.dispatch.wake('now')
  await expect.poll(() => times.now).toBe(61)
  const { items } = await gateway.store.deliveries({ limit: 99 })
  expect(items.filter(({ inFlight }) => inFlight).length).toBeLessThanOrEqual(2)
})

describe('an event that ends its receiver', () => {
  /** Each delivery takes a moment, in which the poison takes all with it that are under way. */
  function mortal() {
    const most: number[] = []
    let underWay: ((error: Error) => void)[] = []
    const sink: Sink = {
      async deliver({ id }) {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        most.push(underWay.push(reject))
        setImmediate(() => {
          if (id === 'event-2') for (const end of underWay) end(new DeliveryError('died', cutShort))
          underWay = id === 'event-2' ? [] : underWay.filter((each) => each !== reject)
          resolve()
        })
        await promise
      },
    }
    return { sink, most }
  }

  test.each([false, true])(
    'dies alone; the others get through (in order: %s)',
    async (isOrdered) => {
      const { sink, most } = mortal()
      const gateway = setup({ sinks: { a: { sink } } })
      for (let n = 1; n <= 4; n++) await gateway.oweInOrder(isOrdered ? `key-${n}` : null, 'a')
      gateway.dispatch.follow(planOf(...gateway.lives))
      for (let second = 0; second < 10; second++) {
        await gateway.dispatch.drain()
        gateway.clock.now += 1000
      }
      expect(most.slice(0, 4)).toEqual([1, 2, 3, 4])
      expect(await gateway.pending()).toEqual({ a: 1 })
      for (let second = 0; second < 100; second++) {
        await gateway.owe('a')
        await gateway.dispatch.drain()
        gateway.clock.now += 1000
      }
      expect([await gateway.dead(), await gateway.pending()]).toEqual([1, { a: 0 }])
      const { items } = await gateway.store.deliveries({ limit: 200 })
      expect(items.filter(({ state }) => state === 'delivered')).toHaveLength(103)
    },
  )

  test('nothing is begun beside one in doubt, nor is that begun beside others', async () => {
    const seen: string[] = []
    const finish: (() => void)[] = []
    const sink: Sink = {
      async deliver({ id }) {
        seen.push(id)
        await new Promise<void>((resolve) => finish.push(resolve))
      },
    }
    const gateway = setup({ sinks: { a: { sink } } })
    const { clock, store, dispatch } = gateway
    await gateway.owe('a')
    await gateway.owe('a')
    // Two go first; the third is cut short three times before.
    const query = { sink: 'a', now: clock.now, leaseMs: 60_000, limit: 9 }
    const first = await store.claim(query)
    await gateway.owe('a')
    for (let time = 0; time < 3; time++) {
      const cut = await store.claim(query)
      await store.release(cut.map(({ id, claim }) => ({ id, claim, dueAt: START, wasSent: true })))
    }
    await store.release(first.map(({ id, claim }) => ({ id, claim, dueAt: START - 1 })))
    clock.now += 1
    await gateway.owe('a')
    dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => seen).toEqual(['event-1', 'event-2'])
    finish[0]?.()
    dispatch.wake('now')
    await expect.poll(() => dispatch.status()).toMatchObject([{ inFlight: 1 }])
    expect(seen).toHaveLength(2)
    finish[1]?.()
    await expect.poll(() => seen).toEqual(['event-1', 'event-2', 'event-3'])
    dispatch.wake('now')
    finish[2]?.()
    await expect.poll(() => seen).toEqual(['event-1', 'event-2', 'event-3', 'event-4'])
    finish[3]?.()
    await dispatch.drain()
    expect(await gateway.pending()).toEqual({})
  })
})
