import { describe, expect, test } from 'vitest'
import type { Redelivery } from '../../../src/core/ledger.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function oweLaws(given: Given): void {
  const refOf = async (id: string) => (await given.store.event({ id }))?.ref ?? 'unknown'
  const redelivery = async (id: string, wish: Partial<Redelivery> = {}): Promise<Redelivery> => ({
    ref: await refOf(id),
    cleared: false,
    owed: [{ sink: 'lake', orderKey: null }],
    ...wish,
  })
  /** A dry run says the same and changes nothing; then for good. */
  async function owe(batch: readonly Redelivery[], { resend = false, now = T + MINUTE } = {}) {
    const before = await given.store.deliveries({ limit: 100 })
    const foreseen = await given.store.owe(batch, { resend, now, dryRun: true })
    expect(await given.store.deliveries({ limit: 100 })).toEqual(before)
    const owed = await given.store.owe(batch, { resend, now, dryRun: false })
    expect(owed).toEqual(foreseen)
    return Object.fromEntries(owed.map(({ sink, count }) => [sink, count]))
  }
  const statesOf = async (id: string) =>
    (await given.store.event({ id }))?.deliveries.map(({ state }) => state)

  describe('owe', () => {
    test('what a sink was never owed is a new delivery, due now', async () => {
      await given.store.accept([acceptance('e1', { owed: [] })], T)
      const owed = ['hr', 'lake'].map((sink) => ({ sink, orderKey: null }))
      expect(await owe([await redelivery('e1', { owed })])).toEqual({ hr: 1, lake: 1 })
      expect(await given.claim(T)).toEqual([])
      expect(await given.claimOne(T + MINUTE)).toMatchObject({ event: { id: 'e1' }, attempt: 1 })
      expect((await given.store.event({ id: 'e1' }))?.deliveries[0]?.acceptedAt).toBe(T + MINUTE)
    })

    test('what is pending stays as it is, also one in flight, and also with resend', async () => {
      await given.store.accept(
        [acceptance('e1', { owed: [{ claimMs: LEASE }] }), acceptance('e2')],
        T,
      )
      const batch = [await redelivery('e1'), await redelivery('e2')]
      expect(await owe(batch)).toEqual({})
      expect(await owe(batch, { resend: true })).toEqual({})
    })

    test('what is delivered is owed anew only with resend, beside the old one', async () => {
      await given.settled([acceptance('e1')], 'delivered')
      expect(await owe([await redelivery('e1')])).toEqual({})
      expect(await owe([await redelivery('e1')], { resend: true })).toEqual({ lake: 1 })
      expect(await statesOf('e1')).toEqual(['delivered', 'pending'])
      await given.store.settle([settlement(await given.claimOne(T + MINUTE))])
      expect(await statesOf('e1')).toEqual(['delivered', 'delivered'])
    })

    test('a dead letter is revived, but not beside a delivered one', async () => {
      const [id] = await given.settled([acceptance('e1')], 'dead')
      expect(await owe([await redelivery('e1')])).toEqual({ lake: 1 })
      expect(await statesOf('e1')).toEqual(['pending'])
      const revived = await given.claimOne(T + MINUTE)
      expect(revived).toMatchObject({ id, claim: 2, attempt: 1 })
      await given.store.settle([settlement(revived)])
      await owe([await redelivery('e1')], { resend: true })
      const resent = await given.claimOne(T + MINUTE)
      await given.store.settle([settlement(resent, { state: 'dead', reason: 'HTTP 400' })])
      expect(await owe([await redelivery('e1')])).toEqual({})
      expect(await owe([await redelivery('e1')], { resend: true })).toEqual({ lake: 1 })
      expect(await statesOf('e1')).toEqual(['delivered', 'pending'])
    })

    test('one sink of one event is owed once a batch, however often it is named', async () => {
      await given.store.accept([acceptance('e1', { owed: [] })], T)
      const one = await redelivery('e1')
      expect(await owe([one, { ...one, owed: [...one.owed, ...one.owed] }])).toEqual({ lake: 1 })
    })

    test('unknown refs owe nothing', async () => {
      const one = await redelivery('e1')
      const refs = ['999', '0', '', 'e1', '1.5']
      expect(await owe(refs.map((ref) => ({ ...one, ref, cleared: true })))).toEqual({})
    })

    test('a cleared event is quarantined no longer', async () => {
      await given.store.accept([acceptance('e1', { problems: ['odd'] })], T)
      const cleared = await redelivery('e1', { cleared: true })
      const query = { resend: false, now: T, dryRun: true }
      expect(await given.store.owe([cleared], query)).toEqual([{ sink: 'lake', count: 1 }])
      expect((await given.store.event({ id: 'e1' }))?.problems).toEqual(['odd'])
      expect(await owe([cleared])).toEqual({ lake: 1 })
      expect((await given.store.event({ id: 'e1' }))?.problems).toEqual([])
      expect(await given.claimIds(T + MINUTE)).toEqual(['e1'])
    })

    test('it waits behind the pending ones of its key', async () => {
      const keyed = [{ sink: 'lake', orderKey: 'k' }]
      await given.store.accept(
        [acceptance('e1', { owed: [] }), acceptance('e2', { owed: keyed })],
        T,
      )
      expect(await owe([await redelivery('e1', { owed: keyed })])).toEqual({ lake: 1 })
      const held = await given.claim(T + MINUTE)
      expect(held).toMatchObject([{ event: { id: 'e2' } }])
      await given.store.settle(held.map((one) => settlement(one)))
      expect(await given.claimIds(T + MINUTE)).toEqual(['e1'])
    })
  })
}
