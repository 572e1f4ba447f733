import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../../src/core/errors.ts'
import { createSharedBreaker } from '../../../src/core/lane/shared-breaker.ts'
import type { SinkSettings } from '../../../src/core/plan.ts'
import type { Store } from '../../../src/core/store.ts'
import { openGateways, withLanes } from '../gateways.ts'
import { live, planOf } from '../lanes.ts'
import { memoryLanes } from './memory-lanes.ts'

const SECOND = 1000
const COOLDOWN = 30 * SECOND

const failing: Partial<SinkSettings> = {
  concurrency: 1,
  breaker: { failures: 6, cooldownMs: COOLDOWN },
  retry: { waits: Array(99).fill(1), jitter: 0, quick: 0 },
}

/** A receiver that is down until it is not, for gateways that each tell when they have sent to it. */
function openReceiver(settings: Partial<SinkSettings> = failing, stores = [same, same, same]) {
  const sent: { by: number; at: number }[] = []
  const receiver = {
    failsFor: Number.POSITIVE_INFINITY,
    failure: { status: 503 } as object,
    held: false,
  }
  const holding: (() => void)[] = []
  const own = stores.map((store, by) => ({
    store,
    sink: {
      async deliver() {
        sent.push({ by, at: all.now() })
        if (receiver.held) await new Promise<void>((resolve) => holding.push(resolve))
        if (receiver.failsFor-- > 0) throw new DeliveryError('down', receiver.failure)
      },
    },
  }))
  const all = openGateways({ deliver: async () => {} }, settings, own)
  return Object.assign(all, {
    sent,
    receiver,
    letGo: () => holding.splice(0).forEach((resolve) => void resolve()),
    sentSince: (ms: number) => sent.filter(({ at }) => at >= ms).length,
    log: () => all.gateways.map(({ log }) => log.lines.join('\n')),
  })
}

const same = (store: Store) => store

/** Notes what is asked of the lanes, by its name. */
function listening(asked: string[]) {
  return (store: Store) =>
    withLanes(store, (lanes) => {
      const noted =
        <Args extends unknown[], T>(name: string, ask: (...args: Args) => T) =>
        (...args: Args) => {
          asked.push(name)
          return ask(...args)
        }
      return {
        report: noted('report', lanes.report),
        try: noted('try', lanes.try),
        breakers: noted('breakers', lanes.breakers),
        slots: noted('slots', lanes.slots),
      }
    })
}

describe('a breaker that several gateways keep', () => {
  test('opens for all by what all of them have seen, within a second', async () => {
    await using all = openReceiver()
    await all.owe(30)
    await all.start()
    await all.runTo(2 * SECOND)
    expect(all.states()).toEqual(['open', 'open', 'open'])
    expect(new Set(all.sent.map(({ by }) => by)).size).toBe(3)
    // Whoever was under way when it opened counts no more.
    expect(all.sent.length).toBeLessThanOrEqual(6 + 2)
    expect(all.sentSince(SECOND)).toBe(0)
    for (const log of all.log()) expect(log.match(/the breaker opened/g)).toHaveLength(1)
  })

  test('one gateway alone fails: the others, which sent nothing, know it within a second', async () => {
    await using all = openReceiver()
    await all.start()
    await all.runTo(SECOND)
    await all.gateways[2]?.dispatch.close()
    await all.owe(1)
    const [first] = all.gateways
    first?.dispatch.wake('now')
    for (let ms = SECOND; all.states()[0] === 'closed'; ms += 1) await all.runTo(ms)
    expect(all.sent.every(({ by }) => by === 0)).toBe(true)
    await all.runTo(all.now() + SECOND)
    expect(all.states()[1]).toBe('open')
  })

  test('after the cooldown one delivery of one gateway tries, and a failure opens it again for all', async () => {
    await using all = openReceiver()
    await all.owe(30)
    await all.start()
    await all.runTo(29 * SECOND)
    const before = all.sent.length
    all.receiver.held = true
    await all.runTo(34 * SECOND)
    expect(all.sent.length - before).toBe(1)
    expect(all.states().toSorted()).toEqual(['half-open', 'open', 'open'])
    all.receiver.held = false
    all.letGo()
    await all.runTo(36 * SECOND)
    expect(all.states()).toEqual(['open', 'open', 'open'])
    await all.runTo(63 * SECOND)
    expect(all.sent.length - before).toBe(1)
    // From the end of the try on.
    await all.runTo(66 * SECOND)
    expect(all.sent.length - before).toBe(2)
  })

  test('a try that succeeds closes it for all', async () => {
    await using all = openReceiver()
    await all.owe(30)
    await all.start()
    await all.runTo(2 * SECOND)
    all.receiver.failsFor = 0
    await all.runTo(32 * SECOND)
    expect(all.states()).toEqual(['closed', 'closed', 'closed'])
    expect(await all.pending()).toEqual({})
    for (const log of all.log()) expect(log.match(/the breaker closed/g)).toHaveLength(1)
  })

  test('a try whose gateway has died is made anew, once the leave has run out', async () => {
    const dead = (store: Store) =>
      withLanes(store, (lanes) => ({
        // It takes leave, and is never heard of again.
        try: async (query) => {
          await lanes.try(query)
          return new Promise(() => {})
        },
      }))
    await using all = openReceiver({ ...failing, timeoutMs: 5 * SECOND }, [dead, same])
    await all.owe(30)
    await all.start(0)
    await all.runTo(2 * SECOND)
    expect(all.states()[0]).toBe('open')
    await all.runTo(31 * SECOND)
    const before = all.sent.length
    all.receiver.failsFor = 0
    await all.start(1)
    await all.runTo(44 * SECOND)
    expect(all.sent.length).toBe(before)
    expect(all.states()[1]).toBe('open')
    await all.runTo(47 * SECOND)
    expect(all.sent.length).toBeGreaterThan(before)
    expect(all.states()[1]).toBe('closed')
  })

  test('a try that comes to nothing is left to whoever comes next', async () => {
    await using all = openReceiver({ ...failing, concurrency: 4 })
    await all.owe(30)
    await all.start()
    await all.runTo(2 * SECOND)
    all.receiver.failure = { returned: 'unsent' }
    const before = all.sent.length
    await all.runTo(33 * SECOND)
    const tries = all.sent.length - before
    expect(tries).toBeGreaterThan(1)
    all.receiver.failsFor = 0
    await all.runTo(35 * SECOND)
    expect(all.states()).toEqual(['closed', 'closed', 'closed'])
    expect(await all.pending()).toEqual({})
  })

  test('a gateway that starts while it is open sends nothing', async () => {
    await using all = openReceiver()
    await all.owe(30)
    await all.start(0)
    await all.runTo(2 * SECOND)
    const before = all.sent.length
    await all.start(1)
    await all.runTo(20 * SECOND)
    expect([all.sent.length, all.states()[1]]).toEqual([before, 'open'])
  })

  test('a sink with other options begins anew', async () => {
    await using all = openReceiver()
    await all.owe(3)
    await all.start(0)
    await all.runTo(2 * SECOND)
    const [, second] = all.gateways
    const delivered: string[] = []
    const sink = { deliver: async ({ id }: { id: string }) => void delivered.push(id) }
    second?.dispatch.follow(planOf({ ...live('a', sink, failing), fingerprint: 'other options' }))
    await all.runTo(3 * SECOND)
    expect(delivered).toHaveLength(3)
    expect(all.states().slice(0, 2)).toEqual(['open', 'closed'])
  })
})

describe('of one gateway', () => {
  const of = { sink: 'a', mark: 'options' }

  /** A breaker by itself, whose lane does nothing. */
  function createOne(failures = 2) {
    const lanes = memoryLanes()
    const clock = { now: 0 }
    const changes: string[] = []
    const breaker = createSharedBreaker({ failures, cooldownMs: COOLDOWN }, 10 * SECOND, {
      report: (report) => lanes.report({ ...report, ...of }),
      try: (query) => lanes.try({ ...query, ...of }),
      now: () => clock.now,
      changed: (state) => changes.push(state),
      pump() {},
    })
    const fail = () => breaker.failed(breaker.start(), { status: 500 }, clock.now)
    return { lanes, clock, changes, breaker, fail }
  }

  test('it opens at once by what it has seen itself, and says so once', async () => {
    const { breaker, changes, fail } = createOne()
    fail()
    fail()
    expect(breaker.state(0)).toBe('open')
    await setImmediate()
    expect([breaker.state(0), changes]).toEqual(['open', ['open']])
  })

  test('where others have seen a success between its failures, it closes again', async () => {
    const { breaker, lanes, changes, fail } = createOne()
    fail()
    await setImmediate()
    const success = { succeeded: true, failures: 0, seen: null, limit: 2, cooldownMs: COOLDOWN }
    await lanes.report({ ...success, ...of, now: 0 })
    fail()
    await setImmediate()
    expect([breaker.state(0), changes]).toEqual(['closed', ['open', 'closed']])
    expect(await lanes.breakers()).toMatchObject([{ failures: 1 }])
  })

  test('what gathers while a report is under way is told as one, and all of it counts', async () => {
    const { breaker, lanes, fail } = createOne(9)
    for (let each = 0; each < 3; each++) fail()
    await setImmediate()
    expect(await lanes.breakers()).toMatchObject([{ failures: 3 }])
    fail()
    breaker.succeeded(breaker.start())
    for (let each = 0; each < 2; each++) fail()
    await setImmediate()
    expect(await lanes.breakers()).toMatchObject([{ failures: 2 }])
  })

  test('leave that finds nothing to try goes back', async () => {
    const { breaker, clock, lanes, fail } = createOne()
    fail()
    fail()
    await setImmediate()
    clock.now = COOLDOWN
    expect(breaker.take()).toBe(false)
    await setImmediate()
    expect(breaker.state(clock.now)).toBe('half-open')
    expect(await lanes.breakers()).toMatchObject([{ tryingUntil: null }])
  })

  test('what was read before it told something is old', async () => {
    const { breaker, fail } = createOne()
    const hear = breaker.listen()
    fail()
    fail()
    await setImmediate()
    hear({ failures: 0, openUntil: null, tryingUntil: null })
    expect(breaker.state(0)).toBe('open')
    breaker.listen()({ failures: 0, openUntil: null, tryingUntil: null })
    expect(breaker.state(0)).toBe('closed')
  })

  test.each([
    ['a refusal of one event ends a row of failures', { status: 422 }],
    ['what the receiver returned says nothing', { returned: 'unsent' as const, status: 503 }],
  ])('%s', async (_, failure) => {
    const { breaker, fail } = createOne()
    fail()
    breaker.failed(breaker.start(), failure, 0)
    fail()
    await setImmediate()
    expect(breaker.state(0)).toBe(failure.status === 422 ? 'closed' : 'open')
  })

  test.each([
    ['some seconds behind whoever opened it, it waits', 5 * SECOND, 'open'],
    ['an hour behind, its clock was set back: it tries', 3600 * SECOND, 'half-open'],
  ])('%s', (_, behindMs, state) => {
    const { breaker } = createOne()
    const openUntil = behindMs + COOLDOWN
    breaker.listen()({ failures: 0, openUntil, tryingUntil: null })
    expect(breaker.state(0)).toBe(state)
  })
})

describe('while failures come faster than the store answers', () => {
  /** A turn takes as long as a request, and the store so many each way. Counts what is sent. */
  async function failTogether(gateways: number, failures: number, turns: number) {
    const lanes = memoryLanes()
    const wait = async () => {
      for (let each = 0; each < turns; each++) await setImmediate()
    }
    let sent = 0
    const all = Array.from({ length: gateways }, () => {
      const changes: string[] = []
      const breaker = createSharedBreaker({ failures, cooldownMs: COOLDOWN }, 10 * SECOND, {
        async report(report) {
          await wait()
          const state = await lanes.report({ ...report, sink: 'a', mark: 'options' })
          await wait()
          return state
        },
        try: async () => undefined,
        // Of time it is only asked that it goes on.
        now: () => sent,
        changed: (state) => changes.push(state),
        pump() {},
      })
      return { breaker, changes }
    })
    const send = async ({ breaker }: (typeof all)[number]) => {
      while (breaker.admits(sent)) {
        const ticket = breaker.start()
        await setImmediate()
        sent++
        breaker.failed(ticket, { status: 503 }, sent)
      }
    }
    await Promise.all(all.map(send))
    return { sent, changes: all.map(({ changes }) => changes) }
  }

  test.each([
    { gateways: 1, failures: 50, turns: 3 },
    { gateways: 2, failures: 1000, turns: 10 },
    { gateways: 3, failures: 100, turns: 3 },
    { gateways: 5, failures: 60, turns: 2 },
  ])(
    'it opens for all within three answers: of $gateways, at $failures',
    async ({ gateways, failures, turns }) => {
      const { sent, changes } = await failTogether(gateways, failures, turns)
      expect(sent).toBeGreaterThanOrEqual(failures)
      // A failure waits for one answer and half a way until it counts; who told just before, for as long until it hears.
      const answer = 2 * turns + 1
      expect(sent).toBeLessThanOrEqual(failures + gateways * 3 * answer)
      expect(changes).toEqual(Array(gateways).fill(['open']))
    },
  )
})

describe('what is asked of the store', () => {
  test('of a healthy sink: one look a second, whatever is sent', async () => {
    const asked: string[] = []
    await using all = openReceiver({ ...failing, concurrency: 8 }, [listening(asked)])
    all.receiver.failsFor = 0
    await all.owe(500)
    await all.start()
    await all.runTo(10 * SECOND)
    expect(all.sent).toHaveLength(500)
    expect(new Set(asked)).toEqual(new Set(['breakers']))
    expect(asked.length).toBeLessThanOrEqual(11)
  })

  test('a success is told while there is something to forget, once', async () => {
    const asked: string[] = []
    await using all = openReceiver(failing, [listening(asked)])
    all.receiver.failsFor = 3
    await all.owe(50)
    await all.start()
    await all.runTo(SECOND)
    expect(await all.pending()).toEqual({})
    expect(asked.filter((what) => what === 'report')).toHaveLength(4)
  })
})

describe('where the store cannot be asked', () => {
  /** Stores whose lanes fail while it is out. */
  function openOutage() {
    const outage = { isOut: true }
    const orFail =
      <Args extends unknown[], T>(ask: (...args: Args) => Promise<T>) =>
      (...args: Args) =>
        outage.isOut ? Promise.reject(new Error('gone')) : ask(...args)
    const out = (store: Store) =>
      withLanes(store, ({ report, try: attempt, breakers }) => ({
        report: orFail(report),
        try: orFail(attempt),
        breakers: orFail(breakers),
      }))
    return { outage, out }
  }

  test('what opened meanwhile stays open for all afterwards, until the same time', async () => {
    const { outage, out } = openOutage()
    await using all = openReceiver(failing, [out, out, out])
    await all.start(2)
    await all.owe(30)
    await all.start(0, 1)
    await all.runTo(10 * SECOND)
    const before = all.sent.length
    outage.isOut = false
    await all.runTo(29 * SECOND)
    expect([all.sent.length, ...all.states()]).toEqual([before, 'open', 'open', 'open'])
    await all.runTo(32 * SECOND)
    expect(all.sent.length).toBe(before + 1)
    for (const log of all.log()) expect(log).not.toContain('the breaker closed')
  })

  test('each keeps a breaker of its own, tries by itself, and says once that it is alone', async () => {
    const { outage, out } = openOutage()
    await using all = openReceiver(failing, [out, out])
    await all.owe(30)
    await all.start()
    await all.runTo(10 * SECOND)
    expect(all.states()).toEqual(['open', 'open'])
    expect(all.sent.map(({ by }) => by).toSorted()).toEqual([
      ...Array(6).fill(0),
      ...Array(6).fill(1),
    ])
    await all.runTo(32 * SECOND)
    expect(all.sent).toHaveLength(6 + 6 + 2)
    for (const log of all.log()) {
      expect(log.match(/cannot ask the store for rates and breakers/g)).toHaveLength(1)
    }
    outage.isOut = false
    all.receiver.failsFor = 0
    await all.runTo(65 * SECOND)
    expect(all.states()).toEqual(['closed', 'closed'])
    expect(await all.pending()).toEqual({})
  })
})
