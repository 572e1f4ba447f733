import { describe, expect, test } from 'vitest'
import type { Json } from '../../../src/core/event.ts'
import type { DeliveryQuery, EventQuery, Page, PageQuery } from '../../../src/core/ledger.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

/** All pages to the end; each of them at most `limit` long. */
async function all<Item>(
  list: (query: PageQuery) => Promise<Page<Item>>,
  limit = 2,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let cursor: string | undefined
  for (let page = 0; page < 100; page++) {
    const { items: some, next } = await list(cursor === undefined ? { limit } : { limit, cursor })
    expect(some.length).toBeLessThanOrEqual(limit)
    items.push(...some)
    if (next === null) return items
    cursor = next
  }
  throw new Error('the list has no end')
}

/** Deeper than some databases read. */
function nested(depth: number): Json {
  return depth === 0 ? 'end' : [nested(depth - 1)]
}

export function listLaws(given: Given): void {
  const eventIds = async (
    query: Omit<EventQuery, 'limit' | 'order'>,
    order?: EventQuery['order'],
  ) =>
    (
      await all((page) => given.store.events({ order: order ?? 'oldest first', ...query, ...page }))
    ).map(({ event }) => event.id)
  const deliveryEvents = async (query: Omit<DeliveryQuery, 'limit'>) =>
    (await all((page) => given.store.deliveries({ ...query, ...page }))).map(
      ({ eventId }) => eventId,
    )

  describe('events', () => {
    test('come as they were stored, page by page, in either order', async () => {
      const one = acceptance('e1')
      const wrong = acceptance('', { problems: ['no id', 'no type'] })
      await given.store.accept([one, wrong, acceptance('e3')], T)
      const { items, next } = await given.store.events({ order: 'oldest first', limit: 2 })
      expect(items).toEqual([
        { ref: items[0]?.ref, event: one.event, acceptedAt: T, problems: [] },
        { ref: items[1]?.ref, event: wrong.event, acceptedAt: T, problems: ['no id', 'no type'] },
      ])
      expect(next).toEqual(expect.any(String))
      expect(await eventIds({})).toEqual(['e1', '', 'e3'])
      expect(await eventIds({}, 'newest first')).toEqual(['e3', '', 'e1'])
    })

    test('a page that holds the last of them has no next', async () => {
      for (const q of [undefined, 'nobody'])
        expect(await given.store.events({ order: 'newest first', limit: 2, q })).toEqual({
          items: [],
          next: null,
        })
      await given.store.accept([acceptance('e1'), acceptance('e2')], T)
      expect(await given.store.events({ order: 'newest first', limit: 2 })).toMatchObject({
        next: null,
      })
    })

    test('large ones come all, in pages that may be short', async () => {
      const data = { instance_code: 'large', form: 'x'.repeat(1_000_000) }
      const ids = Array.from({ length: 20 }, (_, i) => `e${i}`)
      await given.store.accept(
        ids.map((id) => acceptance(id, { data })),
        T,
      )
      for (const wish of [{}, { q: 'large' }]) {
        const found = await all(
          (page) => given.store.events({ order: 'newest first', ...wish, ...page }),
          100,
        )
        expect(found.map(({ event }) => event.id)).toEqual(ids.toReversed())
      }
    })

    test('what arrives meanwhile shifts no page', async () => {
      await given.store.accept([acceptance('e1'), acceptance('e2'), acceptance('e3')], T)
      const first = await given.store.events({ order: 'newest first', limit: 2 })
      await given.store.accept([acceptance('e4')], T)
      const cursor = first.next ?? undefined
      const second = await given.store.events({ order: 'newest first', limit: 2, cursor })
      expect(second.items.map(({ event }) => event.id)).toEqual(['e1'])
    })

    test('by type, source, state and time of acceptance', async () => {
      await given.store.accept([acceptance('e1', { type: 'approval' })], T)
      await given.store.accept([acceptance('e2', { via: 'feishu-ws' })], T + 1)
      await given.store.accept([acceptance('e3', { problems: ['odd'] })], T + 2)
      expect(await eventIds({ type: 'approval' })).toEqual(['e1'])
      expect(await eventIds({ source: 'feishu-ws' })).toEqual(['e2'])
      expect(await eventIds({ state: 'quarantined' })).toEqual(['e3'])
      expect(await eventIds({ state: 'accepted' })).toEqual(['e1', 'e2'])
      expect(await eventIds({ since: T + 1 })).toEqual(['e2', 'e3'])
      expect(await eventIds({ until: T + 1 })).toEqual(['e1'])
      expect(await eventIds({ since: T + 1, until: T + 2, type: 'approval_cc' })).toEqual(['e2'])
      expect(await eventIds({ since: T + 3 })).toEqual([])
      expect(await eventIds({ until: T })).toEqual([])
    })

    test('a clock that is set back hides none', async () => {
      for (const [i, minute] of [0, 5, 1, 6, 2, 7, 30, 25, 31].entries()) {
        await given.store.accept([acceptance(`at ${minute}`)], T + minute * MINUTE + i)
      }
      expect(await eventIds({ since: T + 5 * MINUTE, until: T + 27 * MINUTE })).toEqual([
        'at 5',
        'at 6',
        'at 7',
        'at 25',
      ])
      expect(await deliveryEvents({ until: T + 3 * MINUTE })).toEqual(['at 2', 'at 1', 'at 0'])
    })

    test.each(['instance_code', 'approval_code', 'user_id'])(
      '`q` is exactly the id, or the %s',
      async (field) => {
        const odd = '值 "\\/\u2028'
        await given.store.accept(
          [
            acceptance('e1', { data: { [field]: 'code-1' } }),
            acceptance('e2', { data: { [field]: 'code-10', other: 'code-1' } }),
            acceptance('e3', { data: { [field]: odd }, problems: ['odd'] }),
            acceptance('e4', { data: { nested: { [field]: 'code-1' } } }),
            acceptance('e5', { data: { [field]: 'code-1' } }),
            acceptance('code-1', { data: {} }),
            acceptance('both', { data: { [field]: 'both' } }),
          ],
          T,
        )
        expect((await eventIds({ q: 'code-1' })).toSorted()).toEqual(['code-1', 'e1', 'e5'])
        expect(await eventIds({ q: 'both' })).toEqual(['both'])
        expect(await eventIds({ q: odd })).toEqual(['e3'])
        expect(await eventIds({ q: 'e4' })).toEqual(['e4'])
        expect(await eventIds({ q: 'e4', state: 'quarantined' })).toEqual([])
        expect(await eventIds({ q: 'code' })).toEqual([])
      },
    )

    test('`q` finds what has it as its id first, then what has it as its instance_code', async () => {
      const mention = (id: string) => acceptance(id, { data: { approval_code: 'code' } })
      const instance = (id: string, wish: Parameters<typeof acceptance>[1] = {}) =>
        acceptance(id, { data: { instance_code: 'code', user_id: 'code' }, ...wish })
      await given.store.accept(
        [
          mention('m1'),
          instance('i1'),
          acceptance('code', { data: { user_id: 'code' } }),
          instance('i2', { type: 'approval' }),
          mention('m2'),
          instance('i3'),
          acceptance('code', { appId: 'cli_b', data: { instance_code: 'code' } }),
          instance('i4', { problems: ['odd'] }),
          mention('m3'),
        ],
        T,
      )
      const inOrder = ['code', 'code', 'i1', 'i2', 'i3', 'i4', 'm1', 'm2', 'm3']
      expect(await eventIds({ q: 'code' })).toEqual(inOrder)
      const backwards = ['code', 'code', 'i4', 'i3', 'i2', 'i1', 'm3', 'm2', 'm1']
      expect(await eventIds({ q: 'code' }, 'newest first')).toEqual(backwards)
      expect(await eventIds({ q: 'code', type: 'approval' })).toEqual(['i2'])
      expect(await eventIds({ q: 'code', state: 'quarantined' })).toEqual(['i4'])
      expect(await eventIds({ q: 'code', since: T + 1 })).toEqual([])
    })

    test('what arrives meanwhile shifts no page of a search', async () => {
      const some = (name: string) =>
        [1, 2, 3].map((i) => acceptance(`${name}${i}`, { data: { instance_code: 'code' } }))
      await given.store.accept(some('e'), T)
      const query = { order: 'newest first' as const, limit: 2, q: 'code' }
      const first = await given.store.events(query)
      await given.store.accept(some('f'), T)
      const second = await given.store.events({ ...query, cursor: first.next ?? undefined })
      const found = [...first.items, ...second.items].map(({ event }) => event.id)
      expect(found).toEqual(['e3', 'e2', 'e1'])
    })

    test('no text is too odd to be an instance_code', async () => {
      const codes = ['nul \0 code', 'half \ud800', '"\\/ 值', 'x'.repeat(20_000), '', '\\u0041']
      await given.store.accept(
        [
          ...codes.map((code, i) => acceptance(`e${i}`, { data: { instance_code: code } })),
          acceptance('number', { data: { instance_code: 7 } }),
          acceptance('list', { data: { instance_code: ['7', codes] } }),
          acceptance('deep', { data: { instance_code: 'deep', deep: nested(1_500) } }),
        ],
        T,
      )
      for (const [i, code] of codes.entries()) {
        expect(await eventIds({ q: code })).toContain(`e${i}`)
      }
      expect(await eventIds({ q: '7' })).toEqual([])
      expect(await eventIds({ q: 'deep' })).toEqual(['deep'])
    })

    test('`q` finds an id in every app and tenant', async () => {
      const apps = ['cli_a', 'cli_b', 'cli_c'].flatMap((appId) =>
        ['t1', 't2'].map((tenantKey) => acceptance('e1', { appId, tenantKey, data: {} })),
      )
      await given.store.accept([acceptance('e0'), ...apps, acceptance('e2')], T)
      const { items } = await given.store.events({ order: 'newest first', limit: 10, q: 'e1' })
      expect(items.map(({ event }) => event)).toEqual(apps.map(({ event }) => event).toReversed())
    })
  })

  describe('one event', () => {
    test('with its deliveries and their attempts; a success at once leaves none', async () => {
      const one = acceptance('e1', { owed: ['hr', { sink: 'lake', orderKey: 'k' }] })
      await given.store.accept([one], T)
      await given.store.settle([settlement(await given.claimOne(T, { sink: 'hr' }))])
      const retry = { state: 'pending' as const, dueAt: T + MINUTE }
      await given.store.settle([settlement(await given.claimOne(T), retry)])
      const dead = { state: 'dead' as const, reason: 'HTTP 400' }
      await given.store.settle([settlement(await given.claimOne(T + MINUTE), dead, T + MINUTE)])
      const found = await given.store.event({ id: 'e1' })
      expect(found).toMatchObject({ event: one.event, acceptedAt: T, problems: [] })
      const failure = { durationMs: 20, status: 200, error: 'no answer within 10000 ms' }
      const shared = { eventRef: found?.ref, eventId: 'e1', acceptedAt: T, dueAt: null }
      expect(found?.deliveries).toEqual([
        {
          ...shared,
          id: expect.any(String),
          sink: 'hr',
          state: 'delivered',
          attempts: 1,
          orderKey: null,
          inFlight: false,
          settledAt: T + 20,
          reason: null,
          history: [],
        },
        {
          ...shared,
          id: expect.any(String),
          sink: 'lake',
          state: 'dead',
          attempts: 2,
          orderKey: 'k',
          inFlight: false,
          settledAt: T + MINUTE + 20,
          reason: 'HTTP 400',
          history: [
            { ...failure, n: 1, at: T, response: '' },
            { ...failure, n: 2, at: T + MINUTE, response: '' },
          ],
        },
      ])
    })

    test('the latest of an id, and any by its ref', async () => {
      const wrong = acceptance('', { problems: ['no id'] })
      const twins = [acceptance('e1'), acceptance('e1', { appId: 'cli_0' })]
      await given.store.accept([...twins, wrong], T)
      expect((await given.store.event({ id: 'e1' }))?.event.appId).toBe('cli_0')
      const { items } = await given.store.events({ order: 'oldest first', limit: 9 })
      for (const { ref, event } of items) {
        expect((await given.store.event({ ref }))?.event).toEqual(event)
      }
      for (const unknown of ['', 'e2', '0', '-1', '1.0', '01', '999', '9'.repeat(30)]) {
        expect(await given.store.event({ id: unknown })).toBe(null)
        expect(await given.store.event({ ref: unknown })).toBe(null)
      }
      expect(await given.store.event({ ref: 'e1' })).toBe(null)
    })

    test('an id that is the ref of another event is not taken for it, nor the ref for the id', async () => {
      await given.store.accept([acceptance('e1')], T)
      const ref = (await given.store.event({ id: 'e1' }))?.ref ?? 'unknown'
      expect(await given.store.event({ id: ref })).toBe(null)
      await given.settled([acceptance(ref)], 'dead')
      expect((await given.store.event({ ref }))?.event.id).toBe('e1')
      expect((await given.store.event({ id: ref }))?.event.id).toBe(ref)
      const page = { limit: 9, now: T, dryRun: true }
      const names = [{ id: ref }, { ref }, { id: 'e1' }, { ref: 'e1' }, { id: '' }, { ref: '' }]
      const found = [[ref], ['e1'], ['e1'], [], [], []]
      for (const [i, event] of names.entries()) {
        expect(await deliveryEvents({ event })).toEqual(found[i])
        const { count } = await given.store.retry({ filter: { event } }, page)
        expect(count).toBe(found[i]?.length)
      }
    })
  })

  describe('deliveries', () => {
    test('newest first, page by page: waiting, in flight and ended', async () => {
      const owed = [{ orderKey: 'k', claimMs: LEASE }]
      await given.store.accept([acceptance('e1', { owed }), acceptance('e2', { owed })], T)
      const { items } = await given.store.deliveries({ limit: 9 })
      expect(items).toMatchObject([
        { eventId: 'e2', state: 'pending', attempts: 0, dueAt: T, inFlight: false },
        { eventId: 'e1', state: 'pending', attempts: 0, dueAt: T + LEASE, inFlight: true },
      ])
      expect(items[0]).toMatchObject({ orderKey: 'k', settledAt: null, reason: null })
      await given.settled([acceptance('e3'), acceptance('e4'), acceptance('e5')], 'delivered')
      expect(await deliveryEvents({})).toEqual(['e5', 'e4', 'e3', 'e2', 'e1'])
    })

    test('by state, sink, event and time of acceptance', async () => {
      await given.settled([acceptance('dead 1'), acceptance('dead 2')], 'dead')
      await given.settled([acceptance('done')], 'delivered', T + 1)
      await given.store.accept([acceptance('wait', { owed: ['lake', 'hr'] })], T + 2)
      const ref = (await given.store.event({ id: 'wait' }))?.ref ?? 'unknown'
      expect(await deliveryEvents({ state: 'dead' })).toEqual(['dead 2', 'dead 1'])
      expect(await deliveryEvents({ state: 'dead', sink: 'hr' })).toEqual([])
      expect(await deliveryEvents({ state: 'dead', sink: 'lake' })).toEqual(['dead 2', 'dead 1'])
      expect(await deliveryEvents({ state: 'delivered' })).toEqual(['done'])
      expect(await deliveryEvents({ state: 'pending' })).toEqual(['wait', 'wait'])
      expect(await deliveryEvents({ state: 'pending', sink: 'lake' })).toEqual(['wait'])
      expect(await deliveryEvents({ sink: 'hr' })).toEqual(['wait'])
      expect(await deliveryEvents({ event: { id: 'wait' } })).toEqual(['wait', 'wait'])
      expect(await deliveryEvents({ event: { ref }, sink: 'hr' })).toEqual(['wait'])
      expect(await deliveryEvents({ event: { id: 'dead 1' }, state: 'pending' })).toEqual([])
      expect(await deliveryEvents({ event: { id: 'nobody’s' } })).toEqual([])
      expect(await deliveryEvents({ since: T + 1, until: T + 2 })).toEqual(['done'])
      expect(await deliveryEvents({ since: T + 3 })).toEqual([])
      expect(await deliveryEvents({ until: T + 1, sink: 'lake' })).toEqual(['dead 2', 'dead 1'])
    })
  })

  test.each(['', 'x', '-1', '1.5', '1e3', ' 1', '9'.repeat(40)])(
    'a cursor that no page has said (%j) is refused by its name',
    async (cursor) => {
      const query = { cursor, limit: 5 }
      const none = { deliveredBefore: T, deadBefore: T, identitiesBefore: T, auditBefore: T }
      const asked = await Promise.allSettled([
        given.store.events({ ...query, order: 'newest first' }),
        given.store.deliveries(query),
        given.store.audit(query),
        given.store.retry({ filter: {} }, { ...query, dryRun: false, now: T }),
        given.store.discard('lake', 'why', { ...query, now: T }),
        given.store.prune({ ...query, ...none }),
      ])
      for (const one of asked) {
        const error = one.status === 'rejected' ? one.reason : undefined
        expect(error).toBeInstanceOf(RangeError)
        expect(String(error)).toContain('cursor: ')
      }
    },
  )
}
