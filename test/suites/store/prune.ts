import { describe, expect, test } from 'vitest'
import type { PruneQuery } from '../../../src/core/ledger.ts'
import { acceptance, MINUTE, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function pruneLaws(given: Given): void {
  const NEVER = 0
  const LATER = T + 100 * MINUTE

  /** All steps to the end; gives what was deleted. */
  async function prune(query: Partial<PruneQuery> = {}): Promise<number> {
    const nothing = {
      deliveredBefore: NEVER,
      deadBefore: NEVER,
      identitiesBefore: NEVER,
      auditBefore: NEVER,
    }
    let count = 0
    let cursor: string | undefined
    for (let step = 0; step < 100; step++) {
      const done = await given.store.prune({ limit: 2, ...nothing, ...query, cursor })
      count += done.count
      if (done.next === null) return count
      cursor = done.next
    }
    throw new Error('pruning has no end')
  }
  const eventIds = async () =>
    (await given.store.events({ order: 'oldest first', limit: 100 })).items.map(
      ({ event }) => event.id,
    )
  const young = () => given.store.accept([acceptance('young', { owed: [] })], LATER)

  describe('prune', () => {
    test('delivered ones go after their time, and the events that have nothing left', async () => {
      await given.settled([acceptance('e1'), acceptance('e2'), acceptance('e3')], 'delivered')
      await given.settled([acceptance('e4')], 'delivered', T + MINUTE)
      await young()
      expect(await prune({ deliveredBefore: T + 20 })).toBe(0) // Settled at T + 20.
      expect(await prune({ deliveredBefore: T + 21 })).toBe(6)
      expect(await eventIds()).toEqual(['e4', 'young'])
      expect((await given.store.deliveries({ limit: 9 })).items).toMatchObject([{ eventId: 'e4' }])
    })

    test('dead ones have a time of their own, and are counted no longer', async () => {
      await given.settled([acceptance('e1'), acceptance('e2')], 'dead')
      await young()
      expect(await prune({ deliveredBefore: LATER })).toBe(0)
      expect(await given.store.backlog()).toMatchObject([{ dead: 2 }])
      expect(await prune({ deadBefore: T + MINUTE })).toBe(2)
      expect(await given.store.backlog()).toEqual([])
      expect(await eventIds()).toEqual(['e1', 'e2', 'young'])
      expect(await prune({ deliveredBefore: LATER })).toBe(2)
      expect(await eventIds()).toEqual(['young'])
    })

    test('what is pending stays, with its event and its attempts, however old', async () => {
      await given.store.accept([acceptance('e1', { owed: ['hr', 'lake'] })], T)
      await given.settled([], 'delivered')
      expect(await prune({ deliveredBefore: LATER, deadBefore: LATER })).toBe(1)
      expect((await given.store.event({ id: 'e1' }))?.deliveries).toMatchObject([
        { sink: 'hr', state: 'pending' },
      ])
      expect(await given.claimIds(T, { sink: 'hr' })).toEqual(['e1'])
    })

    test('an event that owed nothing goes as a delivered one, a quarantined one as a dead one', async () => {
      const wrong = { owed: [], problems: ['odd'] }
      await given.store.accept([acceptance('plain', { owed: [] }), acceptance('odd', wrong)], T)
      await young()
      expect(await prune({ deliveredBefore: T + 1 })).toBe(1)
      expect(await eventIds()).toEqual(['odd', 'young'])
      expect(await prune({ deadBefore: T + 1 })).toBe(1)
      expect(await eventIds()).toEqual(['young'])
    })

    test('the identity outlives the event, to its own time', async () => {
      await given.settled([acceptance('e1')], 'delivered')
      await given.store.accept([acceptance('waits', { owed: ['hr'] })], T)
      await young()
      expect(await prune({ deliveredBefore: LATER, identitiesBefore: T })).toBe(2)
      expect(await given.store.event({ id: 'e1' })).toBe(null)
      expect(await given.store.accept([acceptance('e1')], LATER)).toMatchObject([
        { duplicate: true },
      ])
      await prune({ identitiesBefore: T + 1 })
      expect(await given.store.accept([acceptance('e1')], LATER)).toMatchObject([
        { duplicate: false },
      ])
    })

    test('an event that is still there is still known', async () => {
      await given.store.accept([acceptance('e1')], T)
      await young()
      await prune({ identitiesBefore: LATER })
      expect(await given.store.accept([acceptance('e1')], LATER)).toMatchObject([
        { duplicate: true },
      ])
      expect((await given.store.event({ id: 'e1' }))?.deliveries).toHaveLength(1)
    })

    test('an event of a wrong clock holds up none that come after it', async () => {
      await given.settled([acceptance('e1')], 'delivered')
      await given.store.accept([acceptance('future', { owed: [] })], LATER)
      await given.settled([acceptance('e2'), acceptance('e3')], 'delivered')
      await young()
      await prune({ deliveredBefore: T + MINUTE })
      expect(await eventIds()).toEqual(['future', 'young'])
    })

    test('many events of a wrong clock hold up none that come after them, once these are as many', async () => {
      const named = (name: string) => Array.from({ length: 7 }, (_, i) => `${name} ${i}`)
      const plain = (ids: readonly string[]) => ids.map((id) => acceptance(id, { owed: [] }))
      await given.store.accept(plain(named('future')), LATER)
      await given.store.accept(plain(named('old')), T)
      await young()
      await prune({ deliveredBefore: T + MINUTE, identitiesBefore: T + MINUTE })
      expect(await eventIds()).toEqual([...named('future'), 'young'])
      expect(await given.store.accept(plain(['old 3', 'future 3']), LATER)).toMatchObject([
        { duplicate: false },
        { duplicate: true },
      ])
    })

    test('the audit has a time of its own, and an id means one entry for ever', async () => {
      const entry = { actor: 'api', action: 'pause', request: {}, outcome: null } as const
      const record = (at: number) => given.store.record({ ...entry, at })
      const entries = async () => (await given.store.audit({ limit: 9 })).items.map(({ id }) => id)
      const ids: string[] = []
      for (const at of [T, LATER, T + 1, T + 2, T + 3, T + 4]) ids.push(await record(at))
      await prune({ deliveredBefore: LATER, deadBefore: LATER, identitiesBefore: LATER })
      expect(await entries()).toEqual(ids.toReversed())
      await prune({ auditBefore: T + 4 })
      expect(await entries()).toEqual([ids[5], ids[1]])
      await given.store.conclude(ids[5] ?? '', { ended: [] })
      expect((await given.store.audit({ limit: 1 })).items).toMatchObject([
        { id: ids[5], outcome: { ended: [] } },
      ])
      await prune({ auditBefore: LATER + 1 })
      expect(await entries()).toEqual([])
      expect(ids).not.toContain(await record(LATER))
    })

    test('goes by batches, each through `limit` events', async () => {
      const many = Array.from({ length: 7 }, (_, i) => acceptance(`e${i}`))
      await given.settled(many, 'delivered')
      await young()
      const none = { deadBefore: NEVER, identitiesBefore: NEVER, auditBefore: NEVER }
      const first = await given.store.prune({ deliveredBefore: LATER, ...none, limit: 3 })
      expect(first.count).toBe(6)
      expect(await eventIds()).toEqual(['e3', 'e4', 'e5', 'e6', 'young'])
      expect(await prune({ deliveredBefore: LATER, cursor: first.next ?? undefined })).toBe(8)
    })
  })
}
