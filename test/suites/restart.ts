import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from '../stores/samples.ts'

/**
 * What a store keeps that one process alone can hold, as that one starts again. `given` names fresh data, and what it
 * gives opens the store on them at some time.
 */
export function restartLaws(name: string, given: () => (now: number) => Promise<Store>): void {
  describe(`a restart: ${name}`, () => {
    test('leases are freed, retries keep their time, events stay known', async () => {
      const start = given()
      const before = await start(T)
      const owed = [{ sink: 'lake', claimMs: LEASE }]
      await before.accept(
        [acceptance('born', { owed }), acceptance('retry'), acceptance('claimed')],
        T,
      )
      const claimed = await before.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 9 })
      const retry = claimed.find(({ event }) => event.id === 'retry')
      if (!retry) throw new Error('it was due')
      await before.settle([settlement(retry, { state: 'pending', dueAt: T + 9 * MINUTE })])
      await before.close()

      const after = await start(T + 1)
      const query = { sink: 'lake', leaseMs: LEASE, limit: 9 }
      expect(await after.claim({ ...query, now: T + 1 })).toMatchObject([
        { event: { id: 'born' }, claim: 2, attempt: 1, cutShort: 1 },
        { event: { id: 'claimed' }, claim: 2, attempt: 1, cutShort: 1 },
      ])
      expect(await after.claim({ ...query, now: T + 9 * MINUTE - 1, limit: 1 })).toMatchObject([
        { event: { id: 'born' } }, // Its second lease ran out; the retry is still not due.
      ])
      expect(await after.accept([acceptance('born')], T)).toMatchObject([{ duplicate: true }])
      expect(await after.backlog()).toMatchObject([{ sink: 'lake', pending: 3 }])
      await after.close()
    })

    test('of a key the earliest comes first, also where a later one was in flight', async () => {
      const start = given()
      const query = { sink: 'lake', now: T, leaseMs: LEASE, limit: 9 }
      const before = await start(T)
      const owed = [{ orderKey: 'k' }]
      await before.accept([acceptance('e1', { owed }), acceptance('e2', { owed })], T)
      const first = await before.claim(query)
      const dead = { state: 'dead' as const, reason: 'HTTP 400' }
      await before.settle(first.map((one) => settlement(one, dead)))
      expect(await before.claim(query)).toMatchObject([{ event: { id: 'e2' } }])
      await before.retry({ filter: {} }, { dryRun: false, now: T, limit: 9 })
      await before.close()

      const after = await start(T)
      expect(await after.claim(query)).toMatchObject([{ event: { id: 'e1' } }])
      expect(await after.claim(query)).toEqual([])
      await after.close()
    })

    test('each claim that a restart cuts short counts, so that a poisonous event ends', async () => {
      const start = given()
      const cuts: (number | undefined)[] = []
      for (let i = 0; i < 3; i++) {
        const store = await start(T)
        await store.accept([acceptance('poison')], T)
        const [claimed] = await store.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 1 })
        cuts.push(claimed?.cutShort)
        await store.close()
      }
      expect(cuts).toEqual([0, 1, 2])
    })
  })
}
