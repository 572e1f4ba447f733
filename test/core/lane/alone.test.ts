import { describe, expect, test } from 'vitest'
import type { Sink } from '../../../src/core/plugin.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { live, planOf, START, scripted, setup } from '../lanes.ts'

const host = { lookEveryMs: Number.POSITIVE_INFINITY, greets: false }

describe('a host that has the store alone', () => {
  /** The lease's end is asked for as well, should the delivery not be settled. */
  const LEASE_END = START + 31_000
  const announced = (wakes: readonly number[]) =>
    [...new Set(wakes)].filter((time) => Number.isFinite(time) && time !== LEASE_END)

  test('is asked for nothing while nothing is owed', async () => {
    const gateway = setup({ sinks: { a: scripted() }, host })
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.owe('a')
    await gateway.dispatch.drain()
    gateway.dispatch.wake()
    expect(await gateway.pending()).toEqual({})
    expect(announced(gateway.wakes)).toEqual([])
  })

  test('is asked to come back when a failed delivery is due, and no sooner', async () => {
    const { sink, delivered } = scripted({ status: 503 }, 'ok')
    const gateway = setup({ sinks: { a: { sink } }, host })
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.owe('a')
    await gateway.dispatch.drain()
    expect(announced(gateway.wakes)).toEqual([START + 5000])
    gateway.clock.now += 5000
    gateway.dispatch.wake()
    await expect.poll(() => delivered).toEqual(['event-1'])
  })

  test('finds what is due later at its start', async () => {
    const store = openMemoryStore()
    const before = setup({ sinks: { a: scripted({ status: 503 }) }, store, host })
    before.dispatch.follow(planOf(...before.lives))
    await before.owe('a')
    await before.dispatch.drain()
    await before.dispatch.close()
    const { dispatch, lives, wakes } = setup({ sinks: { a: scripted() }, store, host })
    dispatch.follow(planOf(...lives))
    await expect.poll(() => announced(wakes)).toEqual([START + 5000])
  })

  test('is asked each second while a sink is not ready', async () => {
    let ready = false
    const { sink, delivered } = scripted()
    const gateway = setup({ sinks: { a: { sink: { ...sink, ready: () => ready } } }, host })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await gateway.dispatch.drain()
    expect(announced(gateway.wakes)).toEqual([START + 1000])
    ready = true
    gateway.dispatch.wake()
    await expect.poll(() => delivered).toEqual(['event-1'])
  })

  test.each(['the file', 'an operator', 'its end'])(
    'is asked for nothing while a sink that is not ready is held up by %s',
    async (who) => {
      const sink: Sink = { async deliver() {}, ready: () => false }
      const settings = { paused: who === 'the file' }
      const gateway = setup({ sinks: { a: { sink, settings } }, host })
      const pause = { sink: 'a', by: 'operator', at: START, options: '' } as const
      if (who === 'an operator') await gateway.store.pause(pause)
      await gateway.owe('a')
      gateway.dispatch.follow(planOf(...gateway.lives))
      await gateway.dispatch.drain()
      if (who === 'its end') gateway.wakes.splice(0)
      await gateway.dispatch.close()
      expect(announced(gateway.wakes)).toEqual([])
    },
  )

  test('is asked again in a second when the store fails', async () => {
    const store = openMemoryStore()
    const failing = { ...store, claim: () => Promise.reject(new Error('no')) }
    const gateway = setup({ sinks: { a: scripted() }, store: failing, host })
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => announced(gateway.wakes)).toEqual([START + 1000])
  })

  test('may start so often that receivers are not greeted', async () => {
    let greeted = 0
    const sink: Sink = { async deliver() {}, greet: async () => `greeted ${++greeted}` }
    const { dispatch } = setup({ sinks: {}, host })
    dispatch.follow(planOf(live('a', sink)))
    await dispatch.close()
    expect(greeted).toBe(0)
  })
})
