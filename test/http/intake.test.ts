import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { openInProcess } from '../in-process.ts'
import { callbackOf } from '../serve.ts'

const MIB = 1024 * 1024

// Only the timers of an answer: the tests that need them to pass say so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A store that takes no event until it is let. */
function stuckStore() {
  const store = openMemoryStore()
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = 0
  const accept: Store['accept'] = async (...args) => {
    asked++
    await promise
    return store.accept(...args)
  }
  return { store: { ...store, accept }, asked: () => asked, letGo: resolve }
}

/** Requests whose bodies do not come; end them to let the gateway forget them. */
function dawdle() {
  const open = new Set<ReadableStreamDefaultController>()
  const body = (first: Uint8Array) => {
    let own: ReadableStreamDefaultController
    return new ReadableStream<Uint8Array>({
      start(controller) {
        own = controller
        controller.enqueue(first)
        open.add(controller)
      },
      // What is refused is not read to its end.
      cancel: () => void open.delete(own),
    })
  }
  const end = () => {
    for (const controller of open) controller.close()
    open.clear()
  }
  return { body, end }
}

test('an event that waits too long for the store is answered 503, and delivered all the same', async () => {
  const { store, asked, letGo } = stuckStore()
  await using opened = await openInProcess(store)
  const { postEvent, gateway, delivered, results, log } = opened
  await gateway.drain()
  const event = callbackOf()
  const late = postEvent(event)
  await expect.poll(asked).toBe(1)
  await vi.advanceTimersByTimeAsync(2400)
  expect(results).toEqual([])
  await vi.advanceTimersByTimeAsync(200)
  const answer = await late
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '15'])
  expect(results).toEqual(['rejected'])

  // Nothing more queues behind it, and what needs no store is answered.
  expect((await postEvent(callbackOf())).status).toBe(503)
  expect(asked()).toBe(1)
  const challenge = { challenge: 'c', type: 'url_verification', token: '' }
  expect(await (await postEvent(challenge)).json()).toEqual({ challenge: 'c' })

  letGo()
  await expect.poll(() => delivered.map(({ id }) => id)).toEqual([event.uuid])
  expect(await (await postEvent(event)).json()).toEqual({ code: 0, msg: 'duplicate' })
  expect((await postEvent(callbackOf())).status).toBe(200)
  expect(log.lines.filter((line) => line.includes('the store'))).toEqual([
    'error the store is too slow: no event is taken for now {}',
    'info the store has caught up: events are taken again {}',
  ])
})

test('a store that fails after its time is neither an unhandled error nor the end of taking events', async () => {
  const { promise, reject } = Promise.withResolvers<never>()
  const real = openMemoryStore()
  let isBroken = true
  const accept: Store['accept'] = (...args) => (isBroken ? promise : real.accept(...args))
  await using opened = await openInProcess({ ...real, accept })
  const late = opened.postEvent(callbackOf())
  await vi.advanceTimersByTimeAsync(0)
  await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0)
  await vi.advanceTimersByTimeAsync(2500)
  expect((await late).status).toBe(503)
  isBroken = false
  reject(new Error('the disk is gone'))
  await expect.poll(async () => (await opened.postEvent(callbackOf())).status).toBe(200)
})

test('while one event hangs, the store is not ready, whatever it says of itself', async () => {
  const { store, asked, letGo } = stuckStore()
  await using opened = await openInProcess(store)
  const ready = async () => (await opened.send('/readyz', {})).status
  expect(await ready()).toBe(200)
  const late = opened.postEvent(callbackOf())
  await expect.poll(asked).toBe(1)
  opened.clock.aheadMs += 2500
  await vi.advanceTimersByTimeAsync(2500)
  expect([(await late).status, await ready()]).toEqual([503, 503])
  letGo()
  await expect.poll(() => opened.log.lines.join()).toContain('caught up')
  opened.clock.aheadMs += 1000
  expect(await ready()).toBe(200)
})

test('after one that was too late, one at a time asks the store, and the others are answered at once', async () => {
  const real = openMemoryStore()
  const asked: PromiseWithResolvers<void>[] = []
  const store: Store = {
    ...real,
    async accept(...args) {
      const one = Promise.withResolvers<void>()
      asked.push(one)
      await one.promise
      return real.accept(...args)
    },
  }
  await using opened = await openInProcess(store)
  const post = async () => (await opened.postEvent(callbackOf())).status
  const first = post()
  await expect.poll(() => asked.length).toBe(1)
  await vi.advanceTimersByTimeAsync(2500)
  expect(await first).toBe(503)
  asked[0]?.reject(new Error('connection lost'))
  const second = post()
  await expect.poll(() => asked.length).toBe(2)
  expect(await Promise.all([post(), post(), post()])).toEqual([503, 503, 503])
  expect(asked).toHaveLength(2)
  asked[1]?.resolve()
  expect(await second).toBe(200)
  const all = [post(), post(), post()]
  await expect.poll(() => asked.length).toBe(5)
  for (const { resolve } of asked) resolve()
  expect(await Promise.all(all)).toEqual([200, 200, 200])
})

test('readiness is answered in time though the store is not', async () => {
  const store = { ...openMemoryStore(), check: () => new Promise<never>(() => {}) }
  await using opened = await openInProcess(store)
  const answer = opened.send('/readyz', {})
  await vi.advanceTimersByTimeAsync(2500)
  expect((await answer).status).toBe(503)
})

test('more callbacks than 4,096 at once are refused before they are read, and counted', async () => {
  const { store, letGo } = stuckStore()
  await using opened = await openInProcess(store)
  const waiting = Array.from({ length: 4096 }, () => opened.postEvent(callbackOf()))
  await Promise.all(Array.from({ length: 20 }, () => vi.advanceTimersByTimeAsync(0)))
  let isRead = false
  const unread = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        isRead = true
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const ask = () => opened.send('/sealed', { method: 'POST', body: unread, duplex: 'half' })
  const surplus = await ask()
  expect([surplus.status, surplus.headers.get('retry-after'), isRead]).toEqual([503, '15', false])
  expect(opened.results).toEqual(['rejected'])
  expect((await opened.send('/healthz', {})).status).toBe(200)

  letGo()
  expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([200]))
  expect((await opened.postEvent(callbackOf())).status).toBe(200)
})

test('a host of little memory says how many callbacks may wait, and how large they are', async () => {
  const { store, asked, letGo } = stuckStore()
  const room = { callbacks: 2, largeBytes: 40_000 }
  await using opened = await openInProcess(store, room)
  const large = () => opened.postEvent(callbackOf({ comment: 'x'.repeat(20_000) }))
  const first = large()
  await expect.poll(asked).toBe(1)
  expect((await large()).status).toBe(503)
  const challenge = { challenge: 'c', type: 'url_verification', token: '' }
  expect((await opened.postEvent(challenge)).status).toBe(200)
  const second = opened.postEvent(callbackOf())
  await expect.poll(asked).toBe(2)
  expect((await opened.postEvent(challenge)).status).toBe(503)
  letGo()
  expect([(await first).status, (await second).status]).toEqual([200, 200])
})

test('callbacks that dawdle keep no other out, however many', async () => {
  const { body, end } = dawdle()
  await using opened = await openInProcess()
  const waiting = Array.from({ length: 5000 }, () =>
    opened.send('/sealed', { method: 'POST', body: body(new Uint8Array(1)), duplex: 'half' }),
  )
  await vi.advanceTimersByTimeAsync(0)
  expect((await opened.postEvent(callbackOf())).status).toBe(200)
  end()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toContain(400)
})

test.each(['declared', 'undeclared'])(
  'large bodies (%s) that dawdle keep each other out, and no small one',
  async (length) => {
    const { body, end } = dawdle()
    await using opened = await openInProcess()
    const headers = length === 'declared' ? { 'content-length': `${MIB}` } : {}
    const large = () => body(new Uint8Array(MIB))
    const open = () =>
      opened.send('/sealed', { method: 'POST', headers, body: large(), duplex: 'half' })
    const waiting = Array.from({ length: 64 }, open)
    await vi.advanceTimersByTimeAsync(0)
    expect((await open()).status).toBe(503)
    expect((await opened.postEvent(callbackOf())).status).toBe(200)
    end()
    expect((await Promise.all(waiting)).map(({ status }) => status)).not.toContain(503)
    const later = open()
    end()
    expect((await later).status).toBe(400)
  },
)
