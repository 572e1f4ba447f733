import { describe, expect, test } from 'vitest'
import type { Ledger } from '../../src/core/ledger.ts'
import { createPauses } from '../../src/core/pauses.ts'
import type { LiveSink } from '../../src/core/plan.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { recordingLog } from '../log.ts'
import { live, planOf, START, scripted } from './lanes.ts'

const HOUR = 3_600_000

test('what the store says while a pause is being written does not end that pause', async () => {
  const store = openMemoryStore()
  const { promise: asked, resolve: write } = Promise.withResolvers<void>()
  const slow = {
    ...store,
    async pause(pause: Parameters<typeof store.pause>[0]) {
      await asked
      await store.pause(pause)
    },
  }
  const sink = live('a', scripted().sink)
  const pauses = createPauses(slow, { now: () => START, log: recordingLog() }, () => {})
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual([])

  pauses.stop(sink)
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual(['receiver'])
  write()
  await expect.poll(() => store.pauses()).toHaveLength(1)
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual(['receiver'])
  await store.resume('a')
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual([])
})

describe('what was read from the store before a pause was written', () => {
  const pausesOf = (ledger: Pick<Ledger, 'pauses' | 'pause' | 'resume'>) =>
    createPauses(ledger, { now: () => START, log: recordingLog() }, () => {})

  test('does not end that pause', async () => {
    const store = openMemoryStore()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    const late = {
      ...store,
      async pauses() {
        const stored = await store.pauses()
        ask()
        await answered
        return stored
      },
    }
    const sink = live('a', scripted().sink)
    const other = live('b', scripted().sink)
    await store.pause({ sink: 'b', by: 'receiver', at: START - 2 * HOUR, options: 'stale' })
    const pauses = pausesOf(late)
    pauses.follow(planOf(sink, other))
    const read = pauses.refresh('now')
    await asked
    pauses.stop(sink)
    await expect.poll(() => store.pauses()).toHaveLength(2)
    answer()
    await read
    expect(pauses.of(sink)).toEqual(['receiver'])
    // What is stale is left to the next read.
    expect(await store.pauses()).toHaveLength(2)
    await pauses.refresh('now')
    expect(await store.pauses()).toMatchObject([{ sink: 'a' }])
    expect(pauses.of(sink)).toEqual(['receiver'])
  })

  test('is judged by the plan as it is after the read: a pause of its new options is kept', async () => {
    const store = openMemoryStore()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    const slow = {
      ...store,
      async pauses() {
        ask()
        await answered
        return store.pauses()
      },
    }
    const pauses = pausesOf(slow)
    const before = live('a', scripted().sink)
    const after = { ...before, fingerprint: 'of other options' }
    pauses.follow(planOf(before))
    const read = pauses.refresh('now')
    await asked
    pauses.follow(planOf(after))
    // By another process, whose plan is the new one already.
    const options = after.fingerprint.slice(0, 8)
    await store.pause({ sink: 'a', by: 'receiver', at: START, options })
    answer()
    await read
    expect(await store.pauses()).toHaveLength(1)
    expect(pauses.of(after)).toEqual(['receiver'])
  })

  test('and what is written while stale ones are deleted is kept', async () => {
    const store = openMemoryStore()
    const stale = live('a', scripted().sink)
    const other = live('b', scripted().sink)
    await store.pause({ sink: 'a', by: 'receiver', at: START - 2 * HOUR, options: 'older' })
    const { promise: deleting, resolve: begin } = Promise.withResolvers<void>()
    const { promise: deleted, resolve: end } = Promise.withResolvers<void>()
    const slow: typeof store = {
      ...store,
      async resume(...args) {
        begin()
        await deleted
        await store.resume(...args)
      },
    }
    const pauses = pausesOf(slow)
    pauses.follow(planOf(stale, other))
    const read = pauses.refresh('now')
    await deleting
    pauses.stop(other)
    await expect.poll(() => store.pauses()).toHaveLength(2)
    end()
    await read
    expect(pauses.of(other)).toEqual(['receiver'])
  })
})

describe('gateways with different files over one store, as a deploy goes from one to the next', () => {
  const before = { ...live('a', scripted().sink), fingerprint: 'the old options' }
  const after = { ...before, fingerprint: 'new options' }

  function open() {
    const store = openMemoryStore()
    const clock = { now: START }
    const gateway = (sink: LiveSink) => {
      const pauses = createPauses(store, { now: () => clock.now, log: recordingLog() }, () => {})
      pauses.follow(planOf(sink))
      return pauses
    }
    return { store, clock, old: gateway(before), next: gateway(after), gateway }
  }

  async function refreshAll(...all: readonly ReturnType<typeof createPauses>[]) {
    for (let time = 0; time < 3; time++) for (const one of all) await one.refresh('now')
  }

  test('a 410 pauses the sink for those whose options it is about, and for nobody else', async () => {
    const { store, old, next, gateway } = open()
    await refreshAll(old, next)
    old.stop(before)
    await refreshAll(next, old)
    expect([old.of(before), next.of(after)]).toEqual([['receiver'], []])
    expect(await store.pauses()).toHaveLength(1)
    const third = gateway(before)
    await third.refresh('now')
    expect(third.of(before)).toEqual(['receiver'])
  })

  test('one of each does not end the other, and an operator ends both', async () => {
    const { store, old, next } = open()
    await refreshAll(old, next)
    old.stop(before)
    await refreshAll(old, next)
    next.stop(after)
    await refreshAll(old, next)
    expect([old.of(before), next.of(after)]).toEqual([['receiver'], ['receiver']])
    await store.resume('a')
    await refreshAll(old, next)
    expect([old.of(before), next.of(after)]).toEqual([[], []])
  })

  test('what nobody can be left for is deleted after an hour', async () => {
    const { store, clock, old, next } = open()
    await refreshAll(old, next)
    old.stop(before)
    clock.now += HOUR
    await refreshAll(next)
    expect(await store.pauses()).toHaveLength(1)
    clock.now += 1
    await refreshAll(next)
    expect(await store.pauses()).toEqual([])
  })

  test('a pause that this gateway’s own reload has ended does not come back with the old options', async () => {
    const { store, clock, old } = open()
    await refreshAll(old)
    old.stop(before)
    await refreshAll(old)
    clock.now += 1000
    old.follow(planOf(after))
    old.follow(planOf(before))
    await refreshAll(old)
    expect([old.of(before), await store.pauses()]).toEqual([[], []])
  })

  test('but one that another gateway with the old options writes later is left to it', async () => {
    const { store, clock, old, next } = open()
    await refreshAll(old, next)
    clock.now += 1000
    next.follow(planOf(before))
    next.follow(planOf(after))
    clock.now += 1000
    old.stop(before)
    await refreshAll(next, old)
    expect([old.of(before), next.of(after)]).toEqual([['receiver'], []])
    expect(await store.pauses()).toHaveLength(1)
  })
})
