import { describe, expect, test } from 'vitest'
import type { DeadSelection } from '../../../src/core/ledger.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function retryLaws(given: Given): void {
  /** All batches to the end. */
  async function retry(selection: DeadSelection, { now = T, dryRun = false, limit = 2 } = {}) {
    let count = 0
    let cursor: string | undefined
    for (let batch = 0; batch < 100; batch++) {
      const step = await given.store.retry(selection, { now, dryRun, limit, cursor })
      expect(step.count).toBeLessThanOrEqual(limit)
      count += step.count
      if (step.next === null) return count
      cursor = step.next
    }
    throw new Error('the retry has no end')
  }
  const deadLetters = (...ids: readonly string[]) =>
    given.settled(
      ids.map((id) => acceptance(id)),
      'dead',
    )

  describe('retry', () => {
    test('owes a dead letter again: due now, attempts counted from 1, its past on record', async () => {
      const [id = ''] = await deadLetters('e1')
      const now = T + MINUTE
      expect(await retry({ ids: [id] }, { now })).toBe(1)
      expect(await given.store.backlog()).toEqual([
        { sink: 'lake', pending: 1, dead: 0, oldestPendingAt: T },
      ])
      expect((await given.store.event({ id: 'e1' }))?.deliveries).toMatchObject([
        { state: 'pending', attempts: 0, dueAt: now, settledAt: null, reason: null, history: [{}] },
      ])
      expect(await given.claim(now - 1)).toEqual([])
      expect(await given.claimOne(now)).toMatchObject({ id, claim: 2, attempt: 1 })
    })

    test('whoever held it before it died has nothing to say any more', async () => {
      await given.store.accept([acceptance('e1')], T)
      const before = await given.claimOne(T)
      await given.store.settle([settlement(before, { state: 'dead', reason: 'HTTP 400' })])
      await retry({ filter: {} })
      await given.store.settle([settlement(before)])
      await given.store.release([{ ...before, dueAt: T + MINUTE }])
      expect(await given.claim(T)).toMatchObject([{ claim: 2 }])
    })

    test('passes over ids that are not of dead letters, and counts one once', async () => {
      const ids = await deadLetters('e1', 'e2', 'e3')
      await given.store.accept([acceptance('e4')], T)
      const [delivered] = await given.settled([acceptance('e5')], 'delivered')
      const pending = await given.store.deliveries({ state: 'pending', limit: 1 })
      const others = [delivered ?? '', pending.items[0]?.id ?? '', '0', 'x', `0${ids[0]}`, '1e0']
      const asked = [...others, ...ids, ...ids]
      expect(await retry({ ids: asked }, { dryRun: true })).toBe(3)
      expect(await retry({ ids: asked })).toBe(3)
      expect(await retry({ ids: asked })).toBe(0)
      expect(await retry({ ids: [] })).toBe(0)
    })

    test('by sink, event and time of acceptance', async () => {
      await deadLetters('e1', 'e2', 'e3')
      await given.settled([acceptance('e4')], 'dead', T + MINUTE)
      const dryRun = true
      expect(await retry({ filter: {} }, { dryRun })).toBe(4)
      expect(await retry({ filter: { sink: 'lake' } }, { dryRun })).toBe(4)
      expect(await retry({ filter: { sink: 'hr' } }, { dryRun })).toBe(0)
      expect(await retry({ filter: { event: { id: 'e2' } } }, { dryRun })).toBe(1)
      expect(await retry({ filter: { since: T + 1 } }, { dryRun })).toBe(1)
      expect(await retry({ filter: { until: T + 1 } }, { dryRun })).toBe(3)
      expect(await given.claim(T + 9 * MINUTE)).toEqual([])
      expect(await retry({ filter: { sink: 'lake', until: T + 1 } })).toBe(3)
      expect(await given.claimIds(T)).toEqual(['e1', 'e2', 'e3'])
    })

    test('meets each once, also one that is dead again before the end', async () => {
      await deadLetters('e1', 'e2', 'e3')
      const batch = { dryRun: false, now: T, limit: 2 }
      const first = await given.store.retry({ filter: {} }, batch)
      expect(first.count).toBe(2)
      for (const held of await given.claim(T)) {
        await given.store.settle([settlement(held, { state: 'dead', reason: 'again' })])
      }
      const cursor = first.next ?? undefined
      expect(await given.store.retry({ filter: {} }, { ...batch, cursor })).toEqual({
        count: 1,
        next: null,
      })
    })

    test('takes its old place in its key, before those that waited behind it', async () => {
      const ordered = (id: string) => acceptance(id, { owed: [{ orderKey: 'k' }] })
      await given.store.accept(['e1', 'e2', 'e3'].map(ordered), T)
      const dead = { state: 'dead' as const, reason: 'HTTP 400' }
      for (const _ of ['e1', 'e2']) {
        await given.store.settle([settlement(await given.claimOne(T), dead)])
      }
      expect(await retry({ filter: {} })).toBe(2)
      for (const id of ['e1', 'e2', 'e3']) {
        const held = await given.claim(T)
        expect(held).toMatchObject([{ event: { id }, ordered: true }])
        await given.store.settle(held.map((one) => settlement(one)))
      }
    })

    test.each(['delivered', 'given back', 'failed', 'lapsed'] as const)(
      'waits while a later one of its key is in flight, until that is %s',
      async (end) => {
        const ordered = (id: string) => acceptance(id, { owed: [{ orderKey: 'k' }] })
        await given.store.accept(['e1', 'e2', 'e3'].map(ordered), T)
        const dead = { state: 'dead' as const, reason: 'HTTP 400' }
        await given.store.settle([settlement(await given.claimOne(T), dead)])
        const later = await given.claimOne(T)
        expect(await retry({ filter: {} })).toBe(1)
        expect(await given.claim(T + LEASE - 1)).toEqual([])
        expect(await given.store.nextDueAt('lake')).toBe(T + LEASE)
        if (end === 'delivered') await given.store.settle([settlement(later)])
        if (end === 'given back') await given.store.release([{ ...later, dueAt: T }])
        if (end === 'failed')
          await given.store.settle([settlement(later, { state: 'pending', dueAt: T })])
        const now = end === 'lapsed' ? T + LEASE : T
        expect(await given.claimIds(now)).toEqual(['e1'])
        expect(await given.claim(now)).toEqual([])
        await given.store.settle([settlement(later)]) // A late one, in the three that come first.
        expect((await given.store.backlog())[0]?.pending).toBe(
          { delivered: 2, 'given back': 3, failed: 3, lapsed: 2 }[end],
        )
        expect(await given.claim(now)).toEqual([])
      },
    )
  })
}
