import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RefusedCallError } from '../../../src/core/errors.ts'
import type { Store } from '../../../src/core/store.ts'
import { createGroupCommit } from '../../../src/stores/group-commit.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { answerAll, askBy, type Call } from '../../../src/stores/sqlite-calls.ts'
import { sqliteStore } from '../../../src/stores/sqlite-store.ts'
import { sampleEvent } from '../../sample-event.ts'
import { openConnection } from '../../stores/connection.ts'
import { temporaryFiles } from '../../stores/temporary-files.ts'
import { planOf, scripted, setup } from '../lanes.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const files = temporaryFiles()

const MINUTE = 60_000
const DAY = 86_400_000

/**
 * A store that can be out, or only unable to settle; that may refuse settlements for their own sake, or be troubled by
 * one; and that counts what it is asked.
 */
function openBreakable() {
  const store = openMemoryStore()
  const state = {
    isOut: false,
    cannotSettle: false,
    refused: [] as string[],
    troubling: '',
    settlements: 0,
  }
  async function asked<T>(work: () => Promise<T>): Promise<T> {
    if (state.isOut) throw new Error('connection refused')
    return await work()
  }
  const breakable: Store = {
    ...store,
    accept: (...args) => asked(() => store.accept(...args)),
    claim: (query) => asked(() => store.claim(query)),
    nextDueAt: (sink) => asked(() => store.nextDueAt(sink)),
    release: (batch) => asked(() => store.release(batch)),
    check: () => asked(store.check),
    settle(batch) {
      state.settlements += batch.length
      return asked(async () => {
        if (state.cannotSettle) throw new Error('no space')
        if (batch.some(({ id }) => id === state.troubling)) throw new Error('a lock')
        if (batch.some(({ id }) => state.refused.includes(id))) {
          throw new RefusedCallError('invalid text')
        }
        await store.settle(batch)
      })
    },
  }
  return { store: breakable, state }
}

/** A gateway whose store goes out while that many deliveries are in flight or wait their turn. */
async function outage(owed: number, concurrency = 4) {
  const { store, state } = openBreakable()
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const delivered: string[] = []
  const sink = {
    async deliver({ id }: { readonly id: string }) {
      await answered
      delivered.push(id)
    },
  }
  const gateway = setup({
    sinks: { a: { sink, settings: { concurrency, timeoutMs: DAY } } },
    store,
  })
  for (let each = 0; each < owed; each++) await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  const running = Math.min(owed, concurrency)
  await vi.waitFor(() => expect(gateway.dispatch.status()).toMatchObject([{ inFlight: running }]))
  const { items } = await store.deliveries({ limit: 100 })
  const held = items.filter(({ inFlight }) => inFlight).length
  state.isOut = true
  answer()
  return { ...gateway, state, delivered, held }
}

const logged = ({ log }: { readonly log: { readonly lines: string[] } }, text: string) =>
  log.lines.filter((line) => line.includes(text))

describe('a store that is out while deliveries are in flight', () => {
  test('is told how they ended once it is back, however long that takes: none is made twice', async () => {
    const gateway = await outage(3)
    await vi.advanceTimersByTimeAsync(10 * MINUTE)
    expect(gateway.delivered).toHaveLength(3)
    gateway.state.isOut = false
    // Their leases are over, and the lane looks for what is due.
    gateway.clock.now += 10 * DAY
    gateway.dispatch.wake('now')
    await vi.advanceTimersByTimeAsync(2000)
    expect(await gateway.pending()).toEqual({})
    expect(gateway.delivered).toHaveLength(3)
  })

  test('is tried at growing intervals by one of them alone', async () => {
    const gateway = await outage(4)
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    // Four at first. Then after 200, 400, 800, 1600 ms and every 2 s.
    const tries = 4 + 4 + Math.floor((120_000 - 3000) / 2000)
    expect(gateway.state.settlements).toBe(tries)
  })

  test('is in the log once at the beginning and once at the end', async () => {
    const gateway = await outage(4)
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    expect(logged(gateway, 'cannot store how deliveries end')).toEqual([
      'error cannot store how deliveries end: this is tried on until it is done {"error":"connection refused"}',
    ])
    gateway.state.isOut = false
    await vi.advanceTimersByTimeAsync(2000)
    expect(logged(gateway, 'how deliveries end is stored again')).toEqual([
      'info how deliveries end is stored again {"stored":4}',
    ])
    gateway.state.isOut = true
    const before = gateway.log.lines.length
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(
      logged({ log: { lines: gateway.log.lines.slice(before) } }, 'how deliveries end'),
    ).toEqual([])
  })

  test('is tried on where it can do all else: nothing more is sent until it can settle, nothing twice', async () => {
    const { store, state } = openBreakable()
    const { sink, delivered } = scripted()
    const gateway = setup({ sinks: { a: { sink, settings: { concurrency: 2 } } }, store })
    for (let each = 0; each < 20; each++) await gateway.owe('a')
    state.cannotSettle = true
    gateway.dispatch.follow(planOf(...gateway.lives))
    await vi.waitFor(() => expect(delivered).not.toEqual([]))
    await vi.advanceTimersByTimeAsync(10 * MINUTE)
    const sent = delivered.length
    expect(sent).toBeLessThanOrEqual(4)
    gateway.clock.now += DAY
    gateway.dispatch.wake('now')
    await vi.advanceTimersByTimeAsync(10 * MINUTE)
    expect(delivered).toHaveLength(sent)
    state.cannotSettle = false
    await vi.advanceTimersByTimeAsync(2000)
    gateway.dispatch.wake('now')
    await vi.waitFor(async () => expect(await gateway.pending()).toEqual({}))
    expect(new Set(delivered).size).toBe(20)
    expect(delivered).toHaveLength(20)
    expect(logged(gateway, 'made once more')).toEqual([])
  })

  test('stops a lane where only settlements fail, whatever comes meanwhile', async () => {
    const { store, state } = openBreakable()
    state.cannotSettle = true
    const { sink, delivered } = scripted()
    const sinks = { a: { sink, settings: { concurrency: 2 } } }
    const { dispatch, lives, clock } = setup({ sinks, store })
    dispatch.follow(planOf(...lives))
    await dispatch.drain()
    for (let each = 0; each < 100; each++) {
      const { leaseMs, fill } = dispatch.reserve('a')
      const event = sampleEvent({ id: `born-${each}` })
      const owed = [{ sink: 'a', orderKey: null, claimMs: leaseMs }]
      const [accepted] = await store.accept([{ event, problems: [], owed }], clock.now)
      const [grant] = accepted?.granted ?? []
      const leaseUntil = clock.now + leaseMs
      fill(grant && { ...grant, event, attempt: 1, cutShort: 0, ordered: false, leaseUntil })
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(delivered).toHaveLength(1)
  })

  test('for one of them alone keeps only its sink waiting, and is given it in the end', async () => {
    const { store, state } = openBreakable()
    const [one, other] = [scripted(), scripted()]
    const gateway = setup({ sinks: { a: { sink: one.sink }, b: { sink: other.sink } }, store })
    await gateway.owe('a')
    state.troubling = (await store.deliveries({ limit: 1 })).items[0]?.id ?? ''
    gateway.dispatch.follow(planOf(...gateway.lives))
    await vi.waitFor(() => expect(one.delivered).toHaveLength(1))
    for (let each = 1; each <= 3; each++) {
      await gateway.owe('a', 'b')
      gateway.dispatch.wake('now')
      // Twice the longest wait: once for the one in trouble, and once for what came meanwhile.
      await vi.advanceTimersByTimeAsync(4000)
      expect(await gateway.pending()).toEqual({ a: 1 + each })
    }
    expect(one.delivered).toHaveLength(1)
    state.troubling = ''
    await vi.advanceTimersByTimeAsync(2000)
    await vi.waitFor(async () => expect(await gateway.pending()).toEqual({}))
    expect(one.delivered).toHaveLength(4)
  })

  test('gives nothing more, but what the lanes hold is delivered', async () => {
    const gateway = await outage(20, 2)
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(gateway.held).toBeLessThanOrEqual(4)
    expect(gateway.delivered).toHaveLength(gateway.held)
    gateway.state.isOut = false
    await vi.advanceTimersByTimeAsync(2000)
    gateway.dispatch.wake('now')
    await vi.waitFor(async () => expect(await gateway.pending()).toEqual({}))
    expect(new Set(gateway.delivered).size).toBe(20)
    expect(gateway.delivered).toHaveLength(20)
  })
})

test('a settlement that a store refuses which is well ends, and holds up no other', async () => {
  const { store, state } = openBreakable()
  const { sink, delivered } = scripted()
  const gateway = setup({ sinks: { a: { sink } }, store })
  for (let each = 0; each < 3; each++) await gateway.owe('a')
  state.refused = (await store.deliveries({ limit: 3 })).items.map(({ id }) => id)
  for (let each = 0; each < 5; each++) await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await vi.waitFor(() => expect(delivered).toHaveLength(8))
  await vi.waitFor(async () => expect(await gateway.pending()).toEqual({ a: 3 }))
  // What comes then is not held up either.
  await gateway.owe('a')
  gateway.dispatch.wake('now')
  await vi.waitFor(() => expect(delivered).toHaveLength(9))
  await vi.waitFor(async () => expect(await gateway.pending()).toEqual({ a: 3 }))
  expect(state.settlements).toBe(9)
  await vi.advanceTimersByTimeAsync(10 * MINUTE)
  expect(state.settlements).toBe(9)
  // However many there are in a second.
  expect(logged(gateway, 'the store refuses')).toEqual([
    'error the store refuses to take how a delivery ended: it will be made once more {"sink":"a","error":"invalid text","count":1}',
  ])
})

test('one that is refused after an outage ends like any other', async () => {
  const gateway = await outage(3)
  await vi.advanceTimersByTimeAsync(MINUTE)
  const { items } = await gateway.store.deliveries({ limit: 1 })
  gateway.state.refused = items.map(({ id }) => id)
  gateway.state.isOut = false
  await vi.advanceTimersByTimeAsync(2000)
  expect(await gateway.pending()).toEqual({ a: 1 })
  expect(logged(gateway, 'the store refuses')).toHaveLength(1)
  expect(logged(gateway, 'is stored again')).toEqual([
    'info how deliveries end is stored again {"stored":2}',
  ])
  expect(vi.getTimerCount()).toBe(0)
})

test('SQLite on a full disk is well, and yet the end of a delivery is tried on until there is room', async () => {
  const { db, driver, statements } = openConnection(files.fresh())
  const calls = createGroupCommit(async (batch: readonly Call[]) =>
    answerAll(driver, statements, batch),
  )
  const ask = askBy(calls.call)
  const store = { ...sqliteStore(ask, ask), close: async () => db.close() }
  const { sink, calls: times } = scripted({ permanent: true, response: 'x'.repeat(100_000) })
  const gateway = setup({ sinks: { a: { sink } }, store })
  await gateway.owe('a')
  db.exec(`PRAGMA max_page_count = ${db.prepare('PRAGMA page_count').get()?.page_count}`)
  gateway.dispatch.follow(planOf(...gateway.lives))
  await vi.waitFor(() => expect(logged(gateway, 'cannot store how deliveries end')).toHaveLength(1))
  await store.check()
  await vi.advanceTimersByTimeAsync(10 * MINUTE)
  gateway.clock.now += DAY
  gateway.dispatch.wake('now')
  await vi.advanceTimersByTimeAsync(10 * MINUTE)
  expect([await gateway.pending(), times()]).toEqual([{ a: 1 }, 1])
  db.exec('PRAGMA max_page_count = 1000000')
  await vi.advanceTimersByTimeAsync(2000)
  expect([await gateway.dead(), times()]).toEqual([1, 1])
  await gateway.dispatch.close()
  await store.close()
})

describe('closing while the store is out', () => {
  test('ends within seconds, and says how many could not be stored', async () => {
    const gateway = await outage(10, 2)
    await vi.advanceTimersByTimeAsync(MINUTE)
    let closed = false
    const closing = gateway.dispatch.close().then(() => {
      closed = true
    })
    await vi.advanceTimersByTimeAsync(4900)
    expect(closed).toBe(false)
    await vi.advanceTimersByTimeAsync(200)
    await closing
    expect(logged(gateway, 'they will be made once more')).toEqual([
      `error cannot store how deliveries ended: they will be made once more {"deliveries":${gateway.held}}`,
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('stores them all the same where it comes back in time', async () => {
    const gateway = await outage(3)
    await vi.advanceTimersByTimeAsync(MINUTE)
    const closing = gateway.dispatch.close()
    gateway.state.isOut = false
    await vi.advanceTimersByTimeAsync(2000)
    await closing
    expect(await gateway.pending()).toEqual({})
    expect(logged(gateway, 'they will be made once more')).toEqual([])
  })

  test('ends within seconds where the store hangs, whatever it was asked', async () => {
    const store = openMemoryStore()
    const { promise: never } = Promise.withResolvers<never>()
    const { sink, delivered } = scripted()
    let isHanging = false
    const hanging: Store = {
      ...store,
      claim: (query) => (isHanging ? never : store.claim(query)),
      settle: () => never,
    }
    const gateway = setup({ sinks: { a: { sink } }, store: hanging })
    await gateway.owe('a')
    gateway.dispatch.follow(planOf(...gateway.lives))
    await vi.waitFor(() => expect(delivered).toHaveLength(1))
    isHanging = true
    gateway.dispatch.wake('now')
    gateway.dispatch.reserve('a')
    const closing = gateway.dispatch.close()
    await vi.advanceTimersByTimeAsync(5000)
    await closing
    expect(logged(gateway, 'they will be made once more')).toHaveLength(1)
  })
})
