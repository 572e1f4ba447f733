import { describe, expect, test } from 'vitest'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function claimLaws(given: Given): void {
  const { claim, claimIds, claimOne } = given

  describe('claim', () => {
    test('what is due first comes first, in order of acceptance where equal', async () => {
      await given.store.accept([acceptance('late'), acceptance('early'), acceptance('twin')], T)
      const [late, early, twin] = await claim(T)
      if (!late || !early || !twin) throw new Error('three were due')
      const due = { late: T + 9 * MINUTE, early: T + MINUTE, twin: T + MINUTE }
      await given.store.release([
        { ...twin, dueAt: due.twin },
        { ...late, dueAt: due.late },
        { ...early, dueAt: due.early },
      ])
      expect(await claimIds(due.early - 1)).toEqual([])
      expect(await claimIds(due.late)).toEqual(['early', 'twin', 'late'])
    })

    test('says when the next is due: waiting, leased, and of a key its head alone', async () => {
      expect(await given.store.nextDueAt('lake')).toBe(null)
      const keyed = { sink: 'lake', orderKey: 'k' }
      const batch = [acceptance('e1', { owed: [keyed] }), acceptance('e2', { owed: [keyed] })]
      await given.store.accept(batch, T)
      expect(await given.store.nextDueAt('lake')).toBe(T)
      const head = await claimOne(T)
      expect(await given.store.nextDueAt('lake')).toBe(T + LEASE)
      await given.store.settle([settlement(head, { state: 'pending', dueAt: T + MINUTE })])
      expect(await given.store.nextDueAt('lake')).toBe(T + MINUTE)
      expect(await given.store.nextDueAt('finance')).toBe(null)
    })

    test('gives at most `limit`, and the rest to the next', async () => {
      await given.store.accept(
        Array.from({ length: 5 }, (_, i) => acceptance(`e${i}`)),
        T,
      )
      expect(await claimIds(T, { limit: 2 })).toEqual(['e0', 'e1'])
      expect(await claimIds(T, { limit: 2 })).toEqual(['e2', 'e3'])
      expect(await claimIds(T, { limit: 2 })).toEqual(['e4'])
      expect(await claimIds(T, { limit: 2 })).toEqual([])
    })

    test('large ones come all, each claim at least one, and the next is due until then', async () => {
      const data = { form: 'x'.repeat(5_000_000) }
      const ids = ['e0', 'e1', 'e2', 'e3', 'e4']
      await given.store.accept(
        ids.map((id) => acceptance(id, { data })),
        T,
      )
      const claimed: string[] = []
      while ((await given.store.nextDueAt('lake')) === T) {
        const some = await claimIds(T, { limit: 100 })
        expect(some).not.toEqual([])
        claimed.push(...some)
      }
      expect(claimed).toEqual(ids)
    })

    test('parallel callers never get the same delivery', async () => {
      await given.store.accept(
        Array.from({ length: 60 }, (_, i) => acceptance(`e${i}`)),
        T,
      )
      const claims = await Promise.all(Array.from({ length: 10 }, () => claimIds(T, { limit: 7 })))
      expect(new Set(claims.flat()).size).toBe(60)
      expect(claims.flat()).toHaveLength(60)
    })

    test('a lease that runs out is due again by itself: it was cut short, and spent no attempt', async () => {
      await given.store.accept([acceptance('e1')], T)
      const first = await claimOne(T)
      expect(await claim(T + LEASE - 1)).toEqual([])
      const second = await claimOne(T + LEASE)
      expect(second).toMatchObject({ id: first.id, claim: 2, attempt: 1, cutShort: 1 })
      expect(second.leaseUntil).toBe(T + 2 * LEASE)
    })

    test('one sink takes nothing of another', async () => {
      await given.store.accept([acceptance('e1', { owed: ['finance', 'lake'] })], T)
      const [finance] = await claim(T, { sink: 'finance' })
      const [lake] = await claim(T, { sink: 'lake' })
      expect(finance?.id).not.toBe(lake?.id)
    })
  })
}
