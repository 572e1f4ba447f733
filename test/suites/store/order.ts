import { describe, expect, test } from 'vitest'
import { acceptance, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function orderLaws(given: Given): void {
  const { claim, claimIds, claimOne } = given

  describe('order keys', () => {
    const ordered = (id: string, orderKey: string) => acceptance(id, { owed: [{ orderKey }] })

    test('only the head of a key is given, whether due, leased or waiting', async () => {
      await given.store.accept([ordered('a1', 'a'), ordered('a2', 'a'), ordered('b1', 'b')], T)
      const [head] = await claim(T)
      if (!head) throw new Error('a head was due')
      expect(await claim(T)).toEqual([])
      await given.store.settle([settlement(head, { state: 'pending', dueAt: T + 9 * MINUTE })])
      expect(await claimIds(T + MINUTE)).toEqual(['b1'])
      expect(await claimIds(T + 9 * MINUTE)).toEqual(['b1', 'a1'])
    })

    test.each([{ state: 'delivered' as const }, { state: 'dead' as const, reason: 'HTTP 400' }])(
      'a head that is $state frees the next at once',
      async (outcome) => {
        await given.store.accept([ordered('a1', 'a'), ordered('a2', 'a'), ordered('a3', 'a')], T)
        await given.store.settle([settlement(await claimOne(T), outcome)])
        expect(await claimIds(T)).toEqual(['a2'])
      },
    )

    test('a release keeps the head’s place', async () => {
      await given.store.accept([ordered('a1', 'a'), ordered('a2', 'a')], T)
      await given.store.release([{ ...(await claimOne(T)), dueAt: T + MINUTE }])
      expect(await claimIds(T + MINUTE)).toEqual(['a1'])
    })

    test('keys of two sinks have nothing to do with each other', async () => {
      const owed = [
        { sink: 'hr', orderKey: 'k' },
        { sink: 'lake', orderKey: 'k' },
      ]
      await given.store.accept([acceptance('e1', { owed }), acceptance('e2', { owed })], T)
      expect(await claimIds(T, { sink: 'hr' })).toEqual(['e1'])
      expect(await claimIds(T, { sink: 'lake' })).toEqual(['e1'])
    })

    test('an empty key is a key, and no key is none', async () => {
      await given.store.accept([ordered('e1', ''), ordered('e2', ''), acceptance('e3')], T)
      expect(await claimIds(T)).toEqual(['e1', 'e3'])
    })

    test('a key is served in order of acceptance to its end, however it goes', async () => {
      const keys = ['a', 'b', 'c']
      const batch = Array.from({ length: 30 }, (_, i) =>
        ordered(`${keys[i % 3]}${i}`, `${keys[i % 3]}`),
      )
      await given.store.accept(batch, T)
      const seen: string[] = []
      for (let now = T; seen.length < 30; now += MINUTE) {
        for (const [i, held] of (await claim(now, { limit: 2 })).entries()) {
          const failed = held.attempt === 1 && i === 0
          if (!failed) seen.push(held.event.id)
          await given.store.settle([
            settlement(held, failed ? { state: 'pending', dueAt: now + 3 * MINUTE } : undefined),
          ])
        }
      }
      for (const [k, key] of keys.entries()) {
        const expected = Array.from({ length: 10 }, (_, i) => `${key}${i * 3 + k}`)
        expect(seen.filter((id) => id.startsWith(key))).toEqual(expected)
      }
    })
  })
}
