import { describe, expect, test } from 'vitest'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function discardLaws(given: Given): void {
  const reason = 'discarded by api'

  describe('discard', () => {
    test('what is pending is dead with the reason, in batches, and of that sink alone', async () => {
      const ids = ['e1', 'e2', 'e3', 'e4', 'e5']
      await given.store.accept(
        ids.map((id) => acceptance(id, { owed: ['lake', 'hr'] })),
        T,
      )
      const first = await given.store.discard('lake', reason, { limit: 3, now: T + 1 })
      expect(first.count).toBe(3)
      const cursor = first.next ?? undefined
      const second = await given.store.discard('lake', reason, { limit: 3, now: T + 1, cursor })
      expect(second).toEqual({ count: 2, next: null })
      expect(await given.store.backlog()).toEqual(
        expect.arrayContaining([
          { sink: 'lake', pending: 0, dead: 5, oldestPendingAt: null },
          { sink: 'hr', pending: 5, dead: 0, oldestPendingAt: T },
        ]),
      )
      const { items } = await given.store.deliveries({ sink: 'lake', limit: 1 })
      expect(items).toMatchObject([{ state: 'dead', reason, settledAt: T + 1, dueAt: null }])
      expect(await given.claim(T + MINUTE)).toEqual([])
    })

    test('what is in flight goes on; what its lease has left does not', async () => {
      await given.store.accept([acceptance('e1')], T)
      const lapsed = await given.claimOne(T)
      await given.store.accept([acceptance('e2')], T + LEASE - 1)
      const held = await given.claimOne(T + LEASE - 1)
      const query = { limit: 9, now: T + LEASE }
      expect(await given.store.discard('lake', reason, query)).toEqual({ count: 1, next: null })
      await given.store.settle([settlement(lapsed), settlement(held)])
      const { items } = await given.store.deliveries({ limit: 9 })
      expect(items).toMatchObject([
        { eventId: 'e2', state: 'delivered' },
        { eventId: 'e1', state: 'dead', reason },
      ])
    })

    test('of a key its head in flight stays the head, and retry brings back the others', async () => {
      const ordered = (id: string) => acceptance(id, { owed: [{ orderKey: 'k' }] })
      await given.store.accept(['e1', 'e2', 'e3'].map(ordered), T)
      const head = await given.claimOne(T)
      expect(await given.store.discard('lake', reason, { limit: 9, now: T })).toMatchObject({
        count: 2,
      })
      await given.store.retry({ filter: {} }, { dryRun: false, now: T, limit: 9 })
      expect(await given.claim(T)).toEqual([])
      await given.store.settle([settlement(head)])
      expect(await given.claimIds(T)).toEqual(['e2'])
    })
  })
}
