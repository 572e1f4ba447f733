import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClaimedDelivery } from '../../../src/core/outbox.ts'
import { acceptance, LEASE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

const step = fc.record({
  what: fc.constantFrom(
    ...(['accept', 'claim', 'deliver', 'fail', 'die', 'release'] as const),
    ...(['lapse', 'retry', 'retry one', 'discard', 'owe', 'resend', 'prune'] as const),
  ),
  pick: fc.nat(99),
})

const KEYS = ['a', 'b', null]

export function randomLaws(given: Given): void {
  let sink = ''
  let runs = 0
  const pendingOf = async () =>
    (await given.store.deliveries({ sink, state: 'pending', limit: 1000 })).items.toReversed()

  /** Of each key at most one is in flight, and there is a way on for all that is pending. */
  async function expectOrder(now: number): Promise<void> {
    for (const key of ['a', 'b']) {
      const own = (await pendingOf()).filter(({ orderKey }) => orderKey === key)
      const flying = own.filter(({ inFlight, dueAt }) => inFlight && (dueAt ?? 0) > now)
      expect(flying.length).toBeLessThanOrEqual(1)
    }
  }

  async function expectCounts(): Promise<void> {
    const { items } = await given.store.deliveries({ sink, limit: 1000 })
    const count = (wanted: string) => items.filter(({ state }) => state === wanted).length
    const own = (await given.store.backlog()).find((one) => one.sink === sink)
    expect(own ?? { pending: 0, dead: 0 }).toMatchObject({
      pending: count('pending'),
      dead: count('dead'),
    })
  }

  test('whatever happens, each key has one head, the earliest, and the counts are right', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        sink = `sink-${runs++}`
        const run = createRun(given, sink)
        for (const { what, pick } of steps) {
          await run.steps[what](pick)
          await expectOrder(run.now())
          await expectCounts()
        }
        await run.steps.lapse()
        const due = (await pendingOf()).filter(
          ({ orderKey }, i, all) =>
            orderKey === null || all.findIndex((one) => one.orderKey === orderKey) === i,
        )
        const claimed = await given.claim(run.now(), { sink, limit: 1000 })
        expect(claimed.map(({ id }) => id).toSorted()).toEqual(due.map(({ id }) => id).toSorted())
      }),
      { numRuns: 25 },
    )
  }, 120_000)
}

/** A lane that may do anything, at any time, also late. */
function createRun(given: Given, sink: string) {
  const held: ClaimedDelivery[] = []
  let now = T
  let made = 0
  const take = (pick: number) => held.splice(held.length === 0 ? 0 : pick % held.length, 1)
  const all = { limit: 1000 }
  const dead = { state: 'dead' as const, reason: 'HTTP 400' }
  const owe = async (pick: number, resend: boolean) => {
    const event = await given.store.event({ id: `${sink}-${pick % Math.max(1, made)}` })
    const owed = [{ sink, orderKey: KEYS[pick % 3] ?? null }]
    const query = { resend, dryRun: false, now }
    if (event) await given.store.owe([{ ref: event.ref, cleared: false, owed }], query)
  }
  const steps = {
    async accept(pick: number) {
      const claimMs = pick % 2 === 0 ? LEASE : 0
      const owed = [{ sink, orderKey: KEYS[pick % 3] ?? null, claimMs }]
      const one = acceptance(`${sink}-${made++}`, { owed })
      const [accepted] = await given.store.accept([one], now)
      const shared = {
        event: one.event,
        attempt: 1,
        cutShort: 0,
        ordered: true,
        leaseUntil: now + LEASE,
      }
      held.push(...(accepted?.granted ?? []).map((granted) => ({ ...granted, ...shared })))
    },
    async claim(pick: number) {
      held.push(...(await given.claim(now, { sink, limit: 1 + (pick % 3) })))
    },
    async deliver(pick: number) {
      await given.store.settle(take(pick).map((one) => settlement(one, undefined, now)))
    },
    async fail(pick: number) {
      const later = { state: 'pending' as const, dueAt: now + (pick % 2) }
      await given.store.settle(take(pick).map((one) => settlement(one, later, now)))
    },
    async die(pick: number) {
      await given.store.settle(take(pick).map((one) => settlement(one, dead, now)))
    },
    async release(pick: number) {
      await given.store.release(take(pick).map((one) => ({ ...one, dueAt: now })))
    },
    async lapse() {
      now += LEASE + 1
    },
    async retry(pick: number) {
      await given.store.retry({ filter: { sink } }, { dryRun: false, now, limit: 1 + (pick % 5) })
    },
    async 'retry one'(pick: number) {
      const { items } = await given.store.deliveries({ sink, state: 'dead', ...all })
      const ids = items.filter((_, i) => i === pick % items.length).map(({ id }) => id)
      await given.store.retry({ ids }, { dryRun: false, now, ...all })
    },
    async discard(pick: number) {
      await given.store.discard(sink, 'discarded', { now, limit: 1 + (pick % 5) })
    },
    owe: (pick: number) => owe(pick, false),
    resend: (pick: number) => owe(pick, true),
    async prune(pick: number) {
      const before = now - (pick % 2) * LEASE
      const query = {
        deliveredBefore: before,
        deadBefore: before,
        identitiesBefore: before,
        auditBefore: before,
      }
      await given.store.prune({ ...query, ...all })
    },
  }
  return { steps, now: () => now }
}
