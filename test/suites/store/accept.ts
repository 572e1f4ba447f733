import { describe, expect, test } from 'vitest'
import type { Acceptance } from '../../../src/core/outbox.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

/** That no compression makes short: an index entry is compressed where it can be. */
function randomText(length: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length / 2))).toString('hex')
}

export function acceptLaws(given: Given): void {
  const { claim, claimIds, claimOne } = given

  describe('accept', () => {
    test('an event is owed to each of its sinks, and comes back as it was', async () => {
      const one = acceptance('e1', { owed: ['finance', 'lake'] })
      expect(await given.store.accept([one], T)).toEqual([{ duplicate: false, granted: [] }])
      for (const sink of ['finance', 'lake']) {
        const [claimed, ...others] = await claim(T, { sink })
        expect(others).toEqual([])
        expect(claimed?.event).toEqual(one.event)
        expect(claimed).toMatchObject({ claim: 1, attempt: 1, leaseUntil: T + LEASE })
      }
      expect(await claim(T, { sink: 'nobody' })).toEqual([])
    })

    test('the trace of its acceptance stays with an event, wherever it comes back', async () => {
      const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      const one = acceptance('traced')
      const traced = { ...one, event: { ...one.event, trace } }
      await given.store.accept([traced, acceptance('untraced')], T)
      expect((await claim(T)).map(({ event }) => event.trace)).toEqual([trace, undefined])
      expect((await given.store.event({ id: 'traced' }))?.event).toEqual(traced.event)
      const query = { order: 'oldest first' as const, limit: 9 }
      const { items } = await given.store.events(query)
      expect(items.map(({ event }) => event.trace)).toEqual([trace, undefined])
      expect((await claimOne(T + LEASE)).event.trace).toBe(trace)
    })

    test('texts of any length: an id, an app, a tenant, an order key', async () => {
      const long = (what: string) => `${what} ${randomText(10_000)}`
      const names = { appId: long('app'), tenantKey: long('tenant') }
      const owed = [{ orderKey: long('key') }]
      const [first, second] = [long('id'), long('id')].map((id) =>
        acceptance(id, { ...names, owed }),
      )
      if (!first || !second) throw new Error('there are two')
      expect(
        await given.store.accept([first, acceptance('plain'), second, first], T),
      ).toMatchObject([false, false, false, true].map((duplicate) => ({ duplicate })))
      expect(await claimIds(T)).toEqual([first.event.id, 'plain'])
      expect((await given.store.event({ id: second.event.id }))?.event).toEqual(second.event)
      const query = { order: 'newest first' as const, limit: 9, q: first.event.id }
      expect((await given.store.events(query)).items).toMatchObject([{ event: first.event }])
    })

    test('an event that nobody is owed is known all the same', async () => {
      await given.store.accept([acceptance('e1', { owed: [] })], T)
      expect(await given.store.accept([acceptance('e1')], T)).toEqual([
        { duplicate: true, granted: [] },
      ])
      expect(await claim(T)).toEqual([])
    })

    test('a duplicate owes nothing: in its batch, in a later one, beside it', async () => {
      const again = acceptance('e1', { owed: ['finance', { sink: 'hr', claimMs: LEASE }] })
      const batch = await given.store.accept([acceptance('e1'), again], T)
      expect(batch.map(({ duplicate }) => duplicate)).toEqual([false, true])
      expect(batch[1]?.granted).toEqual([])
      expect(await given.store.accept([again], T + 1)).toEqual([{ duplicate: true, granted: [] }])

      const parallel = await Promise.all(
        Array.from({ length: 8 }, () => given.store.accept([acceptance('e2')], T)),
      )
      expect(parallel.flat().filter(({ duplicate }) => !duplicate)).toHaveLength(1)
      expect(await claim(T, { sink: 'finance' })).toEqual([])
      expect(await claimIds(T)).toEqual(['e1', 'e2'])
    })

    test('one id in two apps or two tenants is two events', async () => {
      const batch = [
        acceptance('e1'),
        acceptance('e1', { appId: 'cli_b' }),
        acceptance('e1', { tenantKey: 'other' }),
        acceptance('e1', { appId: 'cli_b', tenantKey: 'other' }),
      ]
      const accepted = await given.store.accept(batch, T)
      expect(accepted.map(({ duplicate }) => duplicate)).toEqual([false, false, false, false])
    })

    test('the parts of an identity are never mixed up', async () => {
      const batch = [
        acceptance('c', { appId: 'a', tenantKey: 'b' }),
        acceptance('b', { appId: 'a', tenantKey: 'c' }),
        acceptance('c', { appId: 'ab', tenantKey: '' }),
        acceptance('bc', { appId: 'a', tenantKey: '' }),
        acceptance('', { appId: 'a', tenantKey: 'bc' }),
        acceptance('é', { appId: 'a', tenantKey: '' }),
        acceptance('e\u0301', { appId: 'a', tenantKey: '' }),
      ]
      const accepted = await given.store.accept(batch, T)
      expect(accepted.filter(({ duplicate }) => duplicate)).toEqual([])
    })

    test('an empty id has no identity', async () => {
      const batch = [
        acceptance('', { problems: ['no id'] }),
        acceptance('', { problems: ['no id'] }),
      ]
      const accepted = [
        ...(await given.store.accept(batch, T)),
        ...(await given.store.accept(batch, T)),
      ]
      expect(accepted.filter(({ duplicate }) => duplicate)).toEqual([])
    })

    test('a quarantined event owes nothing, and its id is known', async () => {
      const broken = acceptance('e1', {
        problems: ['operate: must be CREATE or READ'],
        owed: [{ claimMs: LEASE }],
      })
      expect(await given.store.accept([broken], T)).toEqual([{ duplicate: false, granted: [] }])
      expect(await given.store.accept([acceptance('e1')], T)).toMatchObject([{ duplicate: true }])
      expect(await claim(T)).toEqual([])
      expect(await given.store.backlog()).toEqual([])
    })

    test('text of any script survives to the letter', async () => {
      const odd = acceptance('事件-😀-"\\-\u2028-\0-end')
      const other = acceptance('事件-😀-"\\-\u2028-\0-other', { owed: [] })
      expect(await given.store.accept([odd, other], T)).toMatchObject([
        { duplicate: false },
        { duplicate: false },
      ])
      expect((await claimOne(T)).event).toEqual(odd.event)
    })
  })

  describe('born claimed', () => {
    test('what asks for it is granted, leased and not offered again', async () => {
      const owed = [{ sink: 'finance', claimMs: LEASE }, 'hr', { sink: 'lake', claimMs: LEASE }]
      const [accepted] = await given.store.accept([acceptance('e1', { owed })], T)
      expect(accepted?.granted.map(({ sink, claim }) => [sink, claim])).toEqual([
        ['finance', 1],
        ['lake', 1],
      ])
      expect(await claim(T, { sink: 'hr' })).toHaveLength(1)
      expect(await claim(T + LEASE - 1)).toEqual([])
      expect(await claim(T + LEASE)).toMatchObject([{ claim: 2, attempt: 1, cutShort: 1 }])
    })

    test('the grant settles the delivery', async () => {
      const [accepted] = await given.store.accept(
        [acceptance('e1', { owed: [{ claimMs: LEASE }] })],
        T,
      )
      const granted = accepted?.granted ?? []
      await given.store.settle(granted.map((one) => settlement({ ...one, attempt: 1 })))
      expect(await claim(T + MINUTE)).toEqual([])
      expect(await given.store.backlog()).toEqual([])
    })

    test('never past an earlier one of its order key, of the same batch or an older one', async () => {
      const owed = [{ orderKey: 'k', claimMs: LEASE }]
      const other = [{ orderKey: 'other', claimMs: LEASE }]
      const elsewhere = [{ sink: 'hr', orderKey: 'k', claimMs: LEASE }]
      const granted = async (batch: readonly Acceptance[]) =>
        (await given.store.accept(batch, T)).map(({ granted }) => granted.length)
      expect(await granted([acceptance('e1', { owed }), acceptance('e2', { owed })])).toEqual([
        1, 0,
      ])
      expect(
        await granted([
          acceptance('e3', { owed }),
          acceptance('e4', { owed: other }),
          acceptance('e5', { owed: elsewhere }),
        ]),
      ).toEqual([0, 1, 1])
    })
  })
}
