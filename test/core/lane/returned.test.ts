import { describe, expect, test } from 'vitest'
import type { DeliveryFailure } from '../../../src/core/errors.ts'
import { planOf, scripted, setup } from '../lanes.ts'

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
