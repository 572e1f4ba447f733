import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Acceptance, ClaimedDelivery, Store } from '../../src/core/store.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from '../stores/samples.ts'

/** What every store keeps, whatever it is made of. `open` gives an empty one. */
export function storeLaws(name: string, open: () => Promise<Store>): void {
  describe(`the laws of a store: ${name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(async () => {
      await store.close()
    })

    const claim = (now: number, { sink = 'lake', leaseMs = LEASE, limit = 100 } = {}) =>
      store.claim({ sink, now, leaseMs, limit })
    const eventIds = (claimed: readonly ClaimedDelivery[]) => claimed.map(({ event }) => event.id)
    const claimIds = async (now: number, options?: Parameters<typeof claim>[1]) =>
      eventIds(await claim(now, options))
    const claimOne = async (now: number): Promise<ClaimedDelivery> => {
      const [first] = await claim(now, { limit: 1 })
      if (!first) throw new Error('nothing was due')
      return first
    }

    describe('accept', () => {
      test('an event is owed to each of its sinks, and comes back as it was', async () => {
        const one = acceptance('e1', { owed: ['finance', 'lake'] })
        expect(await store.accept([one], T)).toEqual([{ duplicate: false, granted: [] }])
        for (const sink of ['finance', 'lake']) {
          const [claimed, ...others] = await claim(T, { sink })
          expect(others).toEqual([])
          expect(claimed?.event).toEqual(one.event)
          expect(claimed).toMatchObject({ claim: 1, attempt: 1, leaseUntil: T + LEASE })
        }
        expect(await claim(T, { sink: 'nobody' })).toEqual([])
      })

      test('an event that nobody is owed is known all the same', async () => {
        await store.accept([acceptance('e1', { owed: [] })], T)
        expect(await store.accept([acceptance('e1')], T)).toEqual([
          { duplicate: true, granted: [] },
        ])
        expect(await claim(T)).toEqual([])
      })

      test('a duplicate owes nothing: in its batch, in a later one, beside it', async () => {
        const again = acceptance('e1', { owed: ['finance', { sink: 'hr', claimMs: LEASE }] })
        const batch = await store.accept([acceptance('e1'), again], T)
        expect(batch.map(({ duplicate }) => duplicate)).toEqual([false, true])
        expect(batch[1]?.granted).toEqual([])
        expect(await store.accept([again], T + 1)).toEqual([{ duplicate: true, granted: [] }])

        const parallel = await Promise.all(
          Array.from({ length: 8 }, () => store.accept([acceptance('e2')], T)),
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
        const accepted = await store.accept(batch, T)
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
        const accepted = await store.accept(batch, T)
        expect(accepted.filter(({ duplicate }) => duplicate)).toEqual([])
      })

      test('an empty id has no identity', async () => {
        const batch = [
          acceptance('', { problems: ['no id'] }),
          acceptance('', { problems: ['no id'] }),
        ]
        const accepted = [...(await store.accept(batch, T)), ...(await store.accept(batch, T))]
        expect(accepted.filter(({ duplicate }) => duplicate)).toEqual([])
      })

      test('a quarantined event owes nothing, and its id is known', async () => {
        const broken = acceptance('e1', {
          problems: ['operate: must be CREATE or READ'],
          owed: [{ claimMs: LEASE }],
        })
        expect(await store.accept([broken], T)).toEqual([{ duplicate: false, granted: [] }])
        expect(await store.accept([acceptance('e1')], T)).toMatchObject([{ duplicate: true }])
        expect(await claim(T)).toEqual([])
        expect(await store.backlog()).toEqual([])
      })

      test('text of any script survives to the letter', async () => {
        const odd = acceptance('事件-😀-"\\-\u2028-\0-end')
        const other = acceptance('事件-😀-"\\-\u2028-\0-other', { owed: [] })
        expect(await store.accept([odd, other], T)).toMatchObject([
          { duplicate: false },
          { duplicate: false },
        ])
        expect((await claimOne(T)).event).toEqual(odd.event)
      })
    })

    describe('born claimed', () => {
      test('what asks for it is granted, leased and not offered again', async () => {
        const owed = [{ sink: 'finance', claimMs: LEASE }, 'hr', { sink: 'lake', claimMs: LEASE }]
        const [accepted] = await store.accept([acceptance('e1', { owed })], T)
        expect(accepted?.granted.map(({ sink, claim }) => [sink, claim])).toEqual([
          ['finance', 1],
          ['lake', 1],
        ])
        expect(await claim(T, { sink: 'hr' })).toHaveLength(1)
        expect(await claim(T + LEASE - 1)).toEqual([])
        expect(await claim(T + LEASE)).toMatchObject([{ claim: 2, attempt: 2 }])
      })

      test('the grant settles the delivery', async () => {
        const [accepted] = await store.accept([acceptance('e1', { owed: [{ claimMs: LEASE }] })], T)
        const granted = accepted?.granted ?? []
        await store.settle(granted.map((one) => settlement({ ...one, attempt: 1 })))
        expect(await claim(T + MINUTE)).toEqual([])
        expect(await store.backlog()).toEqual([])
      })

      test('never past an earlier one of its order key, of the same batch or an older one', async () => {
        const owed = [{ orderKey: 'k', claimMs: LEASE }]
        const other = [{ orderKey: 'other', claimMs: LEASE }]
        const elsewhere = [{ sink: 'hr', orderKey: 'k', claimMs: LEASE }]
        const granted = async (batch: readonly Acceptance[]) =>
          (await store.accept(batch, T)).map(({ granted }) => granted.length)
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

    describe('claim', () => {
      test('what is due first comes first, in order of acceptance where equal', async () => {
        await store.accept([acceptance('late'), acceptance('early'), acceptance('twin')], T)
        const [late, early, twin] = await claim(T)
        if (!late || !early || !twin) throw new Error('three were due')
        const due = { late: T + 9 * MINUTE, early: T + MINUTE, twin: T + MINUTE }
        await store.release([
          { ...twin, dueAt: due.twin },
          { ...late, dueAt: due.late },
          { ...early, dueAt: due.early },
        ])
        expect(await claimIds(due.early - 1)).toEqual([])
        expect(await claimIds(due.late)).toEqual(['early', 'twin', 'late'])
      })

      test('says when the next is due: waiting, leased, and of a key its head alone', async () => {
        expect(await store.nextDueAt('lake')).toBe(null)
        const keyed = { sink: 'lake', orderKey: 'k' }
        const batch = [acceptance('e1', { owed: [keyed] }), acceptance('e2', { owed: [keyed] })]
        await store.accept(batch, T)
        expect(await store.nextDueAt('lake')).toBe(T)
        const head = await claimOne(T)
        expect(await store.nextDueAt('lake')).toBe(T + LEASE)
        await store.settle([settlement(head, { state: 'pending', dueAt: T + MINUTE })])
        expect(await store.nextDueAt('lake')).toBe(T + MINUTE)
        expect(await store.nextDueAt('finance')).toBe(null)
      })

      test('gives at most `limit`, and the rest to the next', async () => {
        await store.accept(
          Array.from({ length: 5 }, (_, i) => acceptance(`e${i}`)),
          T,
        )
        expect(await claimIds(T, { limit: 2 })).toEqual(['e0', 'e1'])
        expect(await claimIds(T, { limit: 2 })).toEqual(['e2', 'e3'])
        expect(await claimIds(T, { limit: 2 })).toEqual(['e4'])
        expect(await claimIds(T, { limit: 2 })).toEqual([])
      })

      test('parallel callers never get the same delivery', async () => {
        await store.accept(
          Array.from({ length: 60 }, (_, i) => acceptance(`e${i}`)),
          T,
        )
        const claims = await Promise.all(
          Array.from({ length: 10 }, () => claimIds(T, { limit: 7 })),
        )
        expect(new Set(claims.flat()).size).toBe(60)
        expect(claims.flat()).toHaveLength(60)
      })

      test('a lease that runs out is due again by itself, as a further attempt', async () => {
        await store.accept([acceptance('e1')], T)
        const first = await claimOne(T)
        expect(await claim(T + LEASE - 1)).toEqual([])
        const second = await claimOne(T + LEASE)
        expect(second).toMatchObject({ id: first.id, claim: 2, attempt: 2 })
        expect(second.leaseUntil).toBe(T + 2 * LEASE)
      })

      test('one sink takes nothing of another', async () => {
        await store.accept([acceptance('e1', { owed: ['finance', 'lake'] })], T)
        const [finance] = await claim(T, { sink: 'finance' })
        const [lake] = await claim(T, { sink: 'lake' })
        expect(finance?.id).not.toBe(lake?.id)
      })
    })

    describe('settle and release', () => {
      test('a failed attempt waits until it is due, and counts', async () => {
        await store.accept([acceptance('e1')], T)
        const first = await claimOne(T)
        await store.settle([settlement(first, { state: 'pending', dueAt: T + MINUTE })])
        expect(await claim(T + MINUTE - 1)).toEqual([])
        expect(await claimOne(T + MINUTE)).toMatchObject({ claim: 2, attempt: 2 })
      })

      test('what is delivered or dead is never due again', async () => {
        await store.accept([acceptance('e1'), acceptance('e2')], T)
        const [one, two] = await claim(T)
        if (!one || !two) throw new Error('two were due')
        await store.settle([
          settlement(one),
          settlement(two, { state: 'dead', reason: 'HTTP 400' }),
        ])
        expect(await claim(T + 1000 * MINUTE)).toEqual([])
      })

      test('a release gives the attempt back', async () => {
        await store.accept([acceptance('e1')], T)
        await store.release([{ ...(await claimOne(T)), dueAt: T + MINUTE }])
        expect(await claim(T + MINUTE - 1)).toEqual([])
        expect(await claimOne(T + MINUTE)).toMatchObject({ claim: 2, attempt: 1 })
      })

      test('after its lease, but before anyone else has it, the holder still settles', async () => {
        await store.accept([acceptance('e1')], T)
        await store.settle([settlement(await claimOne(T))])
        expect(await claim(T + LEASE)).toEqual([])
      })

      test('whoever lost the claim changes nothing', async () => {
        await store.accept([acceptance('e1')], T)
        const lost = await claimOne(T)
        const held = await claimOne(T + LEASE)
        await store.settle([
          settlement(lost),
          settlement(lost, { state: 'dead', reason: 'late' }),
          settlement(lost, { state: 'pending', dueAt: T }),
        ])
        await store.release([{ ...lost, dueAt: T }])
        expect(await claim(T + LEASE)).toEqual([])
        expect(await store.backlog()).toMatchObject([{ pending: 1, dead: 0 }])
        await store.release([{ ...held, dueAt: T + MINUTE }])
        expect(await claimOne(T + MINUTE)).toMatchObject({ claim: 3, attempt: 2 })
      })

      test('whoever gave it back, or settled it, has nothing left to change', async () => {
        await store.accept([acceptance('e1'), acceptance('e2'), acceptance('e3')], T)
        const [released, failed, delivered] = await claim(T)
        if (!released || !failed || !delivered) throw new Error('three were due')
        const giveBack = { ...released, dueAt: T + MINUTE }
        await store.release([giveBack, { ...giveBack, dueAt: T }])
        await store.settle([
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
        expect(await store.backlog()).toMatchObject([{ pending: 2, dead: 0 }])
      })

      test('an unknown delivery is nobody’s, and harms no other of its batch', async () => {
        await store.accept([acceptance('e1')], T)
        const held = await claimOne(T)
        const unknown = { ...held, id: '987654321' }
        await store.settle([settlement(unknown), settlement(held)])
        await store.release([{ ...unknown, dueAt: T }])
        expect(await store.backlog()).toEqual([])
      })
    })

    describe('order keys', () => {
      const ordered = (id: string, orderKey: string) => acceptance(id, { owed: [{ orderKey }] })

      test('only the head of a key is given, whether due, leased or waiting', async () => {
        await store.accept([ordered('a1', 'a'), ordered('a2', 'a'), ordered('b1', 'b')], T)
        const [head] = await claim(T)
        if (!head) throw new Error('a head was due')
        expect(await claim(T)).toEqual([])
        await store.settle([settlement(head, { state: 'pending', dueAt: T + 9 * MINUTE })])
        expect(await claimIds(T + MINUTE)).toEqual(['b1'])
        expect(await claimIds(T + 9 * MINUTE)).toEqual(['b1', 'a1'])
      })

      test.each([{ state: 'delivered' as const }, { state: 'dead' as const, reason: 'HTTP 400' }])(
        'a head that is $state frees the next at once',
        async (outcome) => {
          await store.accept([ordered('a1', 'a'), ordered('a2', 'a'), ordered('a3', 'a')], T)
          await store.settle([settlement(await claimOne(T), outcome)])
          expect(await claimIds(T)).toEqual(['a2'])
        },
      )

      test('a release keeps the head’s place', async () => {
        await store.accept([ordered('a1', 'a'), ordered('a2', 'a')], T)
        await store.release([{ ...(await claimOne(T)), dueAt: T + MINUTE }])
        expect(await claimIds(T + MINUTE)).toEqual(['a1'])
      })

      test('keys of two sinks have nothing to do with each other', async () => {
        const owed = [
          { sink: 'hr', orderKey: 'k' },
          { sink: 'lake', orderKey: 'k' },
        ]
        await store.accept([acceptance('e1', { owed }), acceptance('e2', { owed })], T)
        expect(await claimIds(T, { sink: 'hr' })).toEqual(['e1'])
        expect(await claimIds(T, { sink: 'lake' })).toEqual(['e1'])
      })

      test('an empty key is a key, and no key is none', async () => {
        await store.accept([ordered('e1', ''), ordered('e2', ''), acceptance('e3')], T)
        expect(await claimIds(T)).toEqual(['e1', 'e3'])
      })

      test('a key is served in order of acceptance to its end, however it goes', async () => {
        const keys = ['a', 'b', 'c']
        const batch = Array.from({ length: 30 }, (_, i) =>
          ordered(`${keys[i % 3]}${i}`, `${keys[i % 3]}`),
        )
        await store.accept(batch, T)
        const seen: string[] = []
        for (let now = T; seen.length < 30; now += MINUTE) {
          for (const [i, held] of (await claim(now, { limit: 2 })).entries()) {
            const failed = held.attempt === 1 && i === 0
            if (!failed) seen.push(held.event.id)
            await store.settle([
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

    describe('backlog', () => {
      test('counts what is pending and dead by sink, and dates the oldest', async () => {
        expect(await store.backlog()).toEqual([])
        await store.accept([acceptance('e1', { owed: ['lake', 'hr'] })], T)
        await store.accept([acceptance('e2', { owed: ['lake'] }), acceptance('e3')], T + MINUTE)
        const [e1, e2] = await claim(T + MINUTE)
        if (!e1 || !e2) throw new Error('two were due')
        expect(await store.backlog()).toEqual(
          expect.arrayContaining([
            { sink: 'lake', pending: 3, dead: 0, oldestPendingAt: T },
            { sink: 'hr', pending: 1, dead: 0, oldestPendingAt: T },
          ]),
        )
        await store.settle([
          settlement(e1, { state: 'dead', reason: 'HTTP 400' }),
          settlement(e2, { state: 'pending', dueAt: T + 9 * MINUTE }),
        ])
        expect((await store.backlog()).find(({ sink }) => sink === 'lake')).toEqual({
          sink: 'lake',
          pending: 2,
          dead: 1,
          oldestPendingAt: T + MINUTE,
        })
      })

      test('a sink with dead letters alone is named, one with neither is not', async () => {
        await store.accept([acceptance('e1'), acceptance('e2', { owed: ['hr'] })], T)
        await store.settle([settlement(await claimOne(T), { state: 'dead', reason: 'HTTP 400' })])
        const [hr] = await claim(T, { sink: 'hr' })
        if (hr) await store.settle([settlement(hr)])
        expect(await store.backlog()).toEqual([
          { sink: 'lake', pending: 0, dead: 1, oldestPendingAt: null },
        ])
      })
    })

    test('a store in order passes its check', async () => {
      await expect(store.check()).resolves.toBeUndefined()
    })

    test('empty batches are nothing', async () => {
      expect(await store.accept([], T)).toEqual([])
      await store.settle([])
      await store.release([])
      expect(await store.backlog()).toEqual([])
    })

    test('closing twice is closing once', async () => {
      await store.accept([acceptance('e1')], T)
      await Promise.all([store.close(), store.close()])
      await store.close()
      store = await open()
    })

    test('what was asked before a close is answered', async () => {
      const accepting = store.accept([acceptance('e1')], T)
      const closing = store.close()
      expect(await accepting).toEqual([{ duplicate: false, granted: [] }])
      await closing
      store = await open()
    })
  })
}
