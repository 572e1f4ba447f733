import { describe, expect, test } from 'vitest'
import { acceptance, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function backlogLaws(given: Given): void {
  const { claim, claimOne } = given

  describe('backlog', () => {
    test('counts what is pending and dead by sink, and dates the oldest', async () => {
      expect(await given.store.backlog()).toEqual([])
      await given.store.accept([acceptance('e1', { owed: ['lake', 'hr'] })], T)
      await given.store.accept([acceptance('e2', { owed: ['lake'] }), acceptance('e3')], T + MINUTE)
      const [e1, e2] = await claim(T + MINUTE)
      if (!e1 || !e2) throw new Error('two were due')
      expect(await given.store.backlog()).toEqual(
        expect.arrayContaining([
          { sink: 'lake', pending: 3, dead: 0, oldestPendingAt: T },
          { sink: 'hr', pending: 1, dead: 0, oldestPendingAt: T },
        ]),
      )
      await given.store.settle([
        settlement(e1, { state: 'dead', reason: 'HTTP 400' }),
        settlement(e2, { state: 'pending', dueAt: T + 9 * MINUTE }),
      ])
      expect((await given.store.backlog()).find(({ sink }) => sink === 'lake')).toEqual({
        sink: 'lake',
        pending: 2,
        dead: 1,
        oldestPendingAt: T + MINUTE,
      })
    })

    test('whether a sink was ever owed anything, delivered or not', async () => {
      await given.settled([acceptance('e1')], 'delivered')
      await given.store.accept([acceptance('e2', { owed: ['hr'] })], T)
      expect(await given.store.backlog()).toMatchObject([{ sink: 'hr' }])
      const asked = ['lake', 'hr', 'nobody', ''].map((sink) => given.store.wasOwed(sink))
      expect(await Promise.all(asked)).toEqual([true, true, false, false])
    })

    test('a sink with dead letters alone is named, one with neither is not', async () => {
      await given.store.accept([acceptance('e1'), acceptance('e2', { owed: ['hr'] })], T)
      await given.store.settle([
        settlement(await claimOne(T), { state: 'dead', reason: 'HTTP 400' }),
      ])
      const [hr] = await claim(T, { sink: 'hr' })
      if (hr) await given.store.settle([settlement(hr)])
      expect(await given.store.backlog()).toEqual([
        { sink: 'lake', pending: 0, dead: 1, oldestPendingAt: null },
      ])
    })
  })
}
