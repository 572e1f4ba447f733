import { describe, expect, test } from 'vitest'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function settleLaws(given: Given): void {
  const { claim, claimOne } = given

  describe('settle and release', () => {
    test('a failed attempt waits until it is due, and counts', async () => {
      await given.store.accept([acceptance('e1')], T)
      const first = await claimOne(T)
      await given.store.settle([settlement(first, { state: 'pending', dueAt: T + MINUTE })])
      expect(await claim(T + MINUTE - 1)).toEqual([])
      expect(await claimOne(T + MINUTE)).toMatchObject({ claim: 2, attempt: 2 })
    })

    test('what is delivered or dead is never due again', async () => {
      await given.store.accept([acceptance('e1'), acceptance('e2')], T)
      const [one, two] = await claim(T)
      if (!one || !two) throw new Error('two were due')
      await given.store.settle([
        settlement(one),
        settlement(two, { state: 'dead', reason: 'HTTP 400' }),
      ])
      expect(await claim(T + 1000 * MINUTE)).toEqual([])
    })

    test('a release gives the attempt back', async () => {
      await given.store.accept([acceptance('e1')], T)
      await given.store.release([{ ...(await claimOne(T)), dueAt: T + MINUTE }])
      expect(await claim(T + MINUTE - 1)).toEqual([])
      expect(await claimOne(T + MINUTE)).toMatchObject({ claim: 2, attempt: 1 })
    })

    test('a release of what was sent gives the attempt back, and counts as cut short', async () => {
      await given.store.accept([acceptance('e1')], T)
      for (const cutShort of [0, 1]) {
        const held = await claimOne(T)
        expect(held).toMatchObject({ attempt: 1, cutShort })
        await given.store.release([{ ...held, dueAt: T, wasSent: true }])
      }
      const untried = await claimOne(T)
      expect(untried).toMatchObject({ attempt: 1, cutShort: 2 })
      await given.store.release([{ ...untried, dueAt: T }])
      const tried = await claimOne(T)
      expect(tried).toMatchObject({ attempt: 1, cutShort: 2 })
      await given.store.settle([settlement(tried, { state: 'pending', dueAt: T })])
      expect(await claimOne(T)).toMatchObject({ attempt: 2, cutShort: 0 })
    })

    test('after its lease, but before anyone else has it, the holder still settles', async () => {
      await given.store.accept([acceptance('e1')], T)
      await given.store.settle([settlement(await claimOne(T))])
      expect(await claim(T + LEASE)).toEqual([])
    })

    test('whoever lost the claim changes nothing', async () => {
      await given.store.accept([acceptance('e1')], T)
      const lost = await claimOne(T)
      const held = await claimOne(T + LEASE)
      await given.store.settle([
        settlement(lost),
        settlement(lost, { state: 'dead', reason: 'late' }),
        settlement(lost, { state: 'pending', dueAt: T }),
      ])
      await given.store.release([{ ...lost, dueAt: T }])
      expect(await claim(T + LEASE)).toEqual([])
      expect(await given.store.backlog()).toMatchObject([{ pending: 1, dead: 0 }])
      await given.store.release([{ ...held, dueAt: T + MINUTE }])
      expect(await claimOne(T + MINUTE)).toMatchObject({ claim: 3, attempt: 1, cutShort: 1 })
    })

    test('whoever gave it back, or settled it, has nothing left to change', async () => {
      await given.store.accept([acceptance('e1'), acceptance('e2'), acceptance('e3')], T)
      const [released, failed, delivered] = await claim(T)
      if (!released || !failed || !delivered) throw new Error('three were due')
      const giveBack = { ...released, dueAt: T + MINUTE }
      await given.store.release([giveBack, { ...giveBack, dueAt: T }])
      await given.store.settle([
        settlement(released),
        settlement(failed, { state: 'pending', dueAt: T + MINUTE }),
        settlement(failed),
        settlement(delivered),
        settlement(delivered, { state: 'dead', reason: 'twice' }),
        settlement(delivered, { state: 'pending', dueAt: T }),
      ])
      expect(await claim(T)).toEqual([])
      expect(await claim(T + MINUTE)).toMatchObject([
        { id: released.id, attempt: 1 },
        { id: failed.id, attempt: 2 },
      ])
      expect(await given.store.backlog()).toMatchObject([{ pending: 2, dead: 0 }])
    })

    test('an unknown delivery is nobody’s, and harms no other of its batch', async () => {
      await given.store.accept([acceptance('e1')], T)
      const held = await claimOne(T)
      const unknown = { ...held, id: '987654321' }
      await given.store.settle([settlement(unknown), settlement(held)])
      await given.store.release([{ ...unknown, dueAt: T }])
      expect(await given.store.backlog()).toEqual([])
    })
  })
}
