import { describe, expect, test } from 'vitest'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function outcomeLaws(given: Given): void {
  const refOf = async (id: string) => (await given.store.event({ id }))?.ref ?? 'unknown'
  /** By the events' ids; `other` for one that was not asked for. */
  async function outcomes(...ids: readonly string[]) {
    const refs = await Promise.all(ids.map(refOf))
    const found = await given.store.outcomes(refs)
    const idOf = (ref: string) => ids[refs.indexOf(ref)] ?? 'other'
    const named = found.map(({ eventRef, ...outcome }) => [idOf(eventRef), outcome])
    expect(new Set(named.map(([id]) => id)).size).toBe(found.length)
    return Object.fromEntries(named)
  }
  const none = { delivered: 0, pending: 0, dead: 0 }

  describe('outcomes', () => {
    test('count an event’s deliveries by their states, and of no other event', async () => {
      const all = ['lake', 'hr', 'finance']
      await given.settled([acceptance('over', { owed: all }), acceptance('dead')], 'dead')
      await given.settled([acceptance('done'), acceptance('mixed', { owed: all })], 'delivered')
      const hr = await given.claim(T, { sink: 'hr', limit: 1 })
      await given.store.settle(hr.map((one) => settlement(one)))
      expect(await outcomes('over', 'dead', 'done', 'mixed')).toEqual({
        over: { delivered: 1, pending: 1, dead: 1 },
        dead: { ...none, dead: 1 },
        done: { ...none, delivered: 1 },
        mixed: { ...none, delivered: 1, pending: 2 },
      })
      expect(await outcomes('mixed')).toEqual({ mixed: { ...none, delivered: 1, pending: 2 } })
    })

    test('what waits for a retry or its turn, or is in flight, is pending', async () => {
      const orderKey = 'k'
      await given.store.accept(
        [
          acceptance('flies', { owed: [{ orderKey, claimMs: LEASE }] }),
          acceptance('behind', { owed: [{ orderKey }] }),
          acceptance('failed', { owed: ['hr'] }),
        ],
        T,
      )
      const retry = { state: 'pending', dueAt: T + MINUTE } as const
      const claimed = await given.claimOne(T, { sink: 'hr' })
      await given.store.settle([settlement(claimed, retry)])
      const pending = { ...none, pending: 1 }
      expect(await outcomes('flies', 'behind', 'failed')).toEqual({
        flies: pending,
        behind: pending,
        failed: pending,
      })
    })

    test('what is owed to nobody has none, nor what is quarantined, unknown or not asked for', async () => {
      await given.store.accept(
        [
          acceptance('nobody’s', { owed: [] }),
          acceptance('quarantined', { problems: ['odd'], owed: [] }),
          acceptance('waits'),
        ],
        T,
      )
      expect(await outcomes('nobody’s', 'quarantined', 'gone')).toEqual({})
      const odd = ['', '0', '-1', '1.0', '01', '999', 'waits', '9'.repeat(30)]
      expect(await given.store.outcomes(odd)).toEqual([])
      expect(await given.store.outcomes([])).toEqual([])
      const ref = await refOf('waits')
      const found = [{ eventRef: ref, ...none, pending: 1 }]
      expect(await given.store.outcomes([...odd, ref, ref])).toEqual(found)
    })

    test('what is owed again counts beside what was; a dead letter that is revived but once', async () => {
      await given.settled([acceptance('done')], 'delivered')
      await given.settled([acceptance('dead')], 'dead')
      const owed = [{ sink: 'lake', orderKey: null }]
      const again = await Promise.all(
        ['done', 'dead'].map(async (id) => ({ ref: await refOf(id), cleared: false, owed })),
      )
      await given.store.owe(again, { resend: true, dryRun: false, now: T })
      expect(await outcomes('done', 'dead')).toEqual({
        done: { ...none, delivered: 1, pending: 1 },
        dead: { ...none, pending: 1 },
      })
      await given.store.settle((await given.claim(T)).map((one) => settlement(one)))
      expect(await outcomes('done', 'dead')).toEqual({
        done: { ...none, delivered: 2 },
        dead: { ...none, delivered: 1 },
      })
    })

    test('of a page of a hundred events', async () => {
      const owed = ['lake', 'hr']
      const batch = Array.from({ length: 102 }, (_, n) => acceptance(`e${n}`, { owed }))
      expect(await given.settled(batch, 'delivered')).toHaveLength(100)
      const { items } = await given.store.events({ order: 'newest first', limit: 100 })
      const found = await given.store.outcomes(items.map(({ ref }) => ref))
      expect(found.toSorted((a, b) => Number(b.eventRef) - Number(a.eventRef))).toEqual(
        items.map(({ ref: eventRef }, n) =>
          n < 2
            ? { eventRef, ...none, pending: 2 }
            : { eventRef, ...none, delivered: 1, pending: 1 },
        ),
      )
    })
  })
}
