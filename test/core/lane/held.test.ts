import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../../src/core/errors.ts'
import type { Sink } from '../../../src/core/plugin.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { sampleEvent } from '../../sample-event.ts'
import { planOf, setup } from '../lanes.ts'

/** A sink whose deliveries end when the test says so. */
function flights() {
  const all: PromiseWithResolvers<void>[] = []
  const sink = {
    async deliver() {
      const flight = Promise.withResolvers<void>()
      all.push(flight)
      await flight.promise
    },
  }
  return { all, sink }
}

type Gateway = ReturnType<typeof setup>

async function held({ store }: Gateway): Promise<number> {
  const { items } = await store.deliveries({ limit: 500 })
  return items.filter(({ inFlight }) => inFlight).length
}

describe('a sink that turns unready', () => {
  test('holds nothing: what waits goes back to the store, and is claimed once it is ready', async () => {
    let ready = true
    let claims = 0
    const store = openMemoryStore()
    const counting = {
      ...store,
      claim: (query: Parameters<typeof store.claim>[0]) => {
        claims++
        return store.claim(query)
      },
    }
    const { all, sink } = flights()
    const settings = { concurrency: 1 }
    const a = { sink: { ...sink, ready: () => ready }, settings }
    const gateway = setup({ sinks: { a }, store: counting })
    for (let each = 0; each < 2; each++) await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => held(gateway)).toBe(2)
    ready = false
    all[0]?.reject(new DeliveryError('hung up', { returned: 'cut short' }))
    await expect.poll(() => held(gateway)).toBe(0)
    const before = claims
    for (let second = 0; second < 5; second++) {
      gateway.clock.now += 1000
      await gateway.dispatch.drain()
    }
    expect([claims, all.length]).toEqual([before, 1])
    ready = true
    gateway.dispatch.wake('now')
    await expect.poll(() => all.length).toBe(2)
  })

  test('while it is claimed for, too', async () => {
    let ready = true
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const { promise: claimed, resolve: claim } = Promise.withResolvers<void>()
    const store = openMemoryStore()
    const slow: typeof store = {
      ...store,
      async claim(query) {
        ask()
        await claimed
        return store.claim(query)
      },
    }
    const { all, sink } = flights()
    const gateway = setup({ sinks: { a: { sink: { ...sink, ready: () => ready } } }, store: slow })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await asked
    ready = false
    claim()
    await gateway.dispatch.drain()
    expect([await held(gateway), all.length]).toEqual([0, 0])
  })
})

describe('large events', () => {
  const MiB = 1024 * 1024
  const rawOf = (chars: number) => JSON.stringify({ event: { text: 'x'.repeat(chars) } })
  const raw = rawOf(MiB)

  test('are claimed only while the lane holds less than 16 MiB; all are delivered in the end', async () => {
    const store = openMemoryStore()
    const byFours: typeof store = {
      ...store,
      claim: (query) => store.claim({ ...query, limit: Math.min(query.limit, 4) }),
    }
    const { all, sink } = flights()
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 32 } } }, store: byFours })
    const owed = [{ sink: 'a', orderKey: null, claimMs: 0 }]
    for (let n = 0; n < 40; n++) {
      const event = sampleEvent({ id: `large-${n}`, raw })
      await store.accept([{ event, problems: [], owed }], gateway.clock.now)
    }
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => all.length).toBe(16)
    gateway.dispatch.wake('now')
    expect(await held(gateway)).toBe(16)
    const drained = gateway.dispatch.drain()
    for (let n = 0; n < 40; n++) {
      await expect.poll(() => all.length).toBeGreaterThan(n)
      all[n]?.resolve()
    }
    await drained
    expect(await gateway.pending()).toEqual({})
  })

  test('are claimed up to what a host of little memory lets a lane hold, and no claim is over that', async () => {
    const store = openMemoryStore()
    const asked: (number | undefined)[] = []
    const byOnes: typeof store = {
      ...store,
      claim(query) {
        asked.push(query.chars)
        return store.claim({ ...query, limit: 1 })
      },
    }
    const { all, sink } = flights()
    const host = { heldChars: 2 * raw.length }
    const sinks = { a: { sink, settings: { concurrency: 32 } } }
    const gateway = setup({ sinks, store: byOnes, host })
    const owed = [{ sink: 'a', orderKey: null, claimMs: 0 }]
    for (const id of ['a', 'b', 'c']) {
      const event = sampleEvent({ id, raw })
      await store.accept([{ event, problems: [], owed }], gateway.clock.now)
    }
    gateway.dispatch.follow(planOf(...gateway.lives))
    await expect.poll(() => all.length).toBe(2)
    gateway.dispatch.wake('now')
    expect(await held(gateway)).toBe(2)
    expect(asked).toEqual([2 * raw.length, raw.length])
    const drained = gateway.dispatch.drain()
    for (const index of [0, 1, 2]) {
      await expect.poll(() => all.length).toBeGreaterThan(index)
      all[index]?.resolve()
    }
    await drained
  })

  test('are born claimed only so far, too; one alone is, whatever its size', async () => {
    const { all, sink } = flights()
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 32 } } } })
    const { dispatch, store, clock } = gateway
    dispatch.follow(planOf(...gateway.lives))
    await dispatch.drain()
    const accept = async (id: string, text: string) => {
      const place = dispatch.reserve('a')
      const event = sampleEvent({ id, raw: text })
      const owed = [{ sink: 'a', orderKey: null, claimMs: place.leaseMs }]
      const [accepted] = await store.accept([{ event, problems: [], owed }], clock.now)
      const leaseUntil = clock.now + place.leaseMs
      const grant = accepted?.granted[0]
      place.fill(grant && { ...grant, event, attempt: 1, cutShort: 0, ordered: false, leaseUntil })
      return grant !== undefined
    }
    expect(await accept('huge', rawOf(20 * MiB))).toBe(true)
    expect(await accept('small', '{}')).toBe(false)
    await expect.poll(() => all.length).toBe(1)
    all[0]?.resolve()
    await expect.poll(() => all.length).toBe(2)
    all[1]?.resolve()
    await dispatch.drain()
    const born: boolean[] = []
    for (let n = 0; n < 20; n++) born.push(await accept(`large-${n}`, raw))
    expect(born.filter(Boolean)).toHaveLength(16)
  })
})

test('a clock that jumps past the lease of what waits has it wait once, under its new claim', async () => {
  const seen: string[] = []
  let released = 0
  const store = openMemoryStore()
  const counting: typeof store = {
    ...store,
    async release(batch) {
      released += batch.length
      await store.release(batch)
    },
  }
  const { all, sink } = flights()
  const quick: Sink = {
    async deliver(event) {
      seen.push(event.id)
      if (seen.length > 20) await sink.deliver()
    },
  }
  const settings = { concurrency: 1 }
  const gateway = setup({ sinks: { a: { sink: quick, settings } }, store: counting })
  const { clock, dispatch } = gateway
  // So quick a receiver that its lane holds many.
  for (let each = 0; each < 20; each++) await gateway.owe('a')
  dispatch.follow(planOf(...gateway.lives))
  await dispatch.drain()
  for (let each = 0; each < 2; each++) await gateway.owe('a')
  dispatch.wake('now')
  await expect.poll(() => held(gateway)).toBe(2)
  clock.now += 3_600_000
  dispatch.wake('now')
  await expect.poll(() => store.nextDueAt('a')).toBeGreaterThan(clock.now)
  all[0]?.resolve()
  await expect.poll(() => all.length).toBe(2)
  all[1]?.resolve()
  await dispatch.drain()
  expect([released, seen.slice(20)]).toEqual([0, ['event-21', 'event-22']])
  expect(await gateway.pending()).toEqual({})
})
