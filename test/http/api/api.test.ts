import { describe, expect, onTestFinished, test } from 'vitest'
import type { Store } from '../../../src/core/store.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { openSqliteStore } from '../../../src/stores/sqlite-node.ts'
import { accept, START, settleAll } from '../../core/operations/setup.ts'
import { sampleEvent, sampleRaw } from '../../sample-event.ts'
import { openFolder } from '../../serve.ts'
import { settlement } from '../../stores/samples.ts'
import { openAdmin } from './setup.ts'

const dead = { state: 'dead', reason: 'HTTP 500' } as const

async function openSqlite(): Promise<Store> {
  const folder = await openFolder({})
  const store = await openSqliteStore({ file: `${folder.path}/test.db`, now: () => START })
  onTestFinished(async () => {
    await store.close()
    await folder[Symbol.asyncDispose]()
  })
  return store
}

describe.each([
  { name: 'memory', open: async () => openMemoryStore() },
  { name: 'SQLite', open: openSqlite },
])('over $name', ({ open }) => {
  const opened = async () => openAdmin({ store: await open() })

  test('events come page by page, newest first', async () => {
    const admin = await opened()
    for (const id of ['a', 'b', 'c']) {
      await accept(admin, id)
      admin.clock.now += 1000
    }
    const first = await admin.ask('/api/events?limit=2')
    expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(['c', 'b'])
    const second = await admin.ask(`/api/events?limit=2&cursor=${first.body.next}`)
    expect(second.body).toEqual({
      items: [
        {
          ref: expect.any(String),
          id: 'a',
          type: 'approval_cc',
          source: 'feishu',
          app_id: 'cli_a0000000000000ff',
          tenant_key: '2d520d3b434f175e',
          state: 'accepted',
          time: '2017-08-08T13:33:27.717Z',
          accepted_at: '2026-11-22T09:30:00.000Z',
          problems: [],
        },
      ],
      next: null,
    })
  })

  test('events are filtered, from since on and before until', async () => {
    const admin = await opened()
    await accept(admin, 'a')
    admin.clock.now += 1000
    await accept(admin, 'q', { problems: ['event.operate: must be one of CREATE, READ'] })
    admin.clock.now += 1000
    await accept(admin, 'c', { data: { instance_code: 'I-7' } })
    const found: Record<string, readonly string[]> = {
      'state=quarantined': ['q'],
      'state=accepted': ['c', 'a'],
      'q=I-7': ['c'],
      'q=c': ['c'],
      'type=approval_cc&source=feishu': ['c', 'q', 'a'],
      'source=elsewhere': [],
      'since=2026-11-22T09:30:01Z': ['c', 'q'],
      'until=2026-11-22T17:30:01%2B08:00': ['a'],
      'until=2026-11-22T17:30:01+08:00': ['a'],
      [`since=${START + 1000}&until=${START + 2000}`]: ['q'],
      'since=0': ['c', 'q', 'a'],
    }
    for (const [query, ids] of Object.entries(found)) {
      const { body } = await admin.ask(`/api/events?${query}`)
      const got = body.items.map(({ id }: { id: string }) => id)
      expect({ query, ids: got }).toEqual({ query, ids })
    }
  })

  test('an event is found by its id or its ref, with its body to the letter', async () => {
    const { store, ask } = await opened()
    const raw = sampleRaw.replace('"id": "12345"', '"id": 12345678901234567890.10')
    const id = 'a/b %2F?ü'
    await store.accept([{ event: sampleEvent({ id, raw }), problems: [], owed: [] }], START)
    const answer = await ask(`/api/events/${encodeURIComponent(id)}`, {})
    expect(answer.body).toMatchObject({ id, deliveries: [] })
    expect(answer.body.body.event.operate).toBe('CREATE')
    expect(answer.text).toContain(`"body":${raw}}`)
    const byRef = await ask(`/api/events/${answer.body.ref}`)
    expect(byRef.body).toEqual(answer.body)
  })

  test('an id that is the ref of another event hides none: that ref can be named for certain', async () => {
    const admin = await opened()
    await accept(admin, 'a', { owed: ['lake'] })
    const { ref } = (await admin.ask('/api/events/a')).body
    await accept(admin, ref, { owed: ['lake'] })
    await accept(admin, 'ref:1', { owed: ['lake'] })
    const idsAt = async (path: string) => {
      const { status, body } = await admin.ask(path)
      return status === 200
        ? (body.items ?? [body]).map((one: Named) => one.event ?? one.id)
        : status
    }
    expect(await idsAt(`/api/events/${ref}`)).toEqual([ref])
    expect(await idsAt(`/api/events/ref:${ref}`)).toEqual(['a'])
    expect(await idsAt(`/api/events/ref%3A${ref}`)).toEqual(['a'])
    expect(await idsAt('/api/events/ref:a')).toBe(404)
    expect(await idsAt(`/api/deliveries?event=${ref}`)).toEqual([ref])
    expect(await idsAt(`/api/deliveries?event=ref:${ref}`)).toEqual(['a'])
    expect(await idsAt('/api/deliveries?event=ref:a')).toEqual([])
    await settleAll(admin.store, 'lake', dead)
    const retry = async (event: string) =>
      (await admin.ask('/api/deliveries/retry', { body: { filter: { event } } })).body.retried
    expect(await retry(`ref:${ref}`)).toBe(1)
    expect(await idsAt('/api/deliveries?state=pending')).toEqual(['a'])
    expect(await retry(ref)).toBe(1)
    expect(await idsAt('/api/deliveries?state=pending')).toEqual([ref, 'a'])
    const { items } = await admin.store.audit({ limit: 9 })
    const asked = items.map(({ request }) => request.filter)
    expect(asked).toEqual([{ event: ref }, { event: `ref:${ref}` }])
  })

  test('an event that is asked for by its id is read once', async () => {
    const store = openMemoryStore()
    const asked: unknown[] = []
    const event: typeof store.event = (name) => {
      asked.push(name)
      return store.event(name)
    }
    const admin = openAdmin({ store: { ...store, event } })
    await accept(admin, 'a')
    expect((await admin.ask('/api/events/a')).body).toMatchObject({ id: 'a', ref: '1' })
    expect(asked).toEqual([{ id: 'a' }])
    expect((await admin.ask('/api/events/1')).body).toMatchObject({ id: 'a', ref: '1' })
    expect(asked.slice(1)).toEqual([{ id: '1' }, { ref: '1' }])
  })

  test('an event shows its deliveries, each with its attempts', async () => {
    const admin = await opened()
    await accept(admin, 'a', { owed: ['lake'] })
    const [claimed] = await admin.store.claim({ sink: 'lake', now: START, leaseMs: 1, limit: 1 })
    if (!claimed) throw new Error('nothing was due')
    const inFlight = (await admin.ask('/api/events/a')).body.deliveries[0]
    expect(inFlight).toMatchObject({ in_flight: true, attempts: 0, next_attempt_at: null })
    const waiting = { state: 'pending', dueAt: START + 15_000 } as const
    const { record, ...rest } = settlement(claimed, waiting)
    const failed = { ...record, status: 503, error: 'HTTP 503', response: 'busy' }
    await admin.store.settle([{ ...rest, record: { ...failed, at: START } }])
    const { body } = await admin.ask('/api/events/a')
    expect(body.deliveries).toEqual([
      {
        id: claimed.id,
        event: 'a',
        event_ref: body.ref,
        sink: 'lake',
        state: 'pending',
        attempts: 1,
        in_flight: false,
        order_key: null,
        accepted_at: '2026-11-22T09:30:00.000Z',
        next_attempt_at: '2026-11-22T09:30:15.000Z',
        settled_at: null,
        reason: null,
        history: [
          {
            n: 1,
            at: '2026-11-22T09:30:00.000Z',
            duration_ms: 20,
            status: 503,
            error: 'HTTP 503',
            response: 'busy',
          },
        ],
      },
    ])
  })

  test('dead letters are listed, counted, and owed again', async () => {
    const admin = await opened()
    for (const id of ['a', 'b', 'c']) await accept(admin, id, { owed: ['lake', 'finance'] })
    await settleAll(admin.store, 'lake', dead)
    const { body } = await admin.ask('/api/deliveries?state=dead&event=b')
    expect(body.items).toMatchObject([{ event: 'b', sink: 'lake', reason: 'HTTP 500' }])
    const retry = async (request: object) => {
      const answer = await admin.ask('/api/deliveries/retry', { body: request })
      return [answer.status, answer.body]
    }
    const filter = { sink: 'lake' }
    expect(await retry({ filter, dry_run: true })).toEqual([200, { dry_run: true, retried: 3 }])
    // The list's own filter may be handed over as it is, as long as it is of dead ones.
    const listed = { ...filter, state: 'dead' }
    expect(await retry({ filter: listed, dry_run: true })).toMatchObject([200, { retried: 3 }])
    const other = await retry({ filter: { state: 'delivered' } })
    expect(other).toMatchObject([400, { errors: [{ path: 'filter.state' }] }])
    const ids = [body.items[0].id, 'unheard-of']
    expect(await retry({ ids })).toEqual([200, { dry_run: false, retried: 1 }])
    expect(await retry({ filter })).toEqual([200, { dry_run: false, retried: 2 }])
    const pending = await admin.ask('/api/deliveries?state=pending&sink=lake')
    expect(pending.body.items).toHaveLength(3)
    expect(admin.woken()).toBeGreaterThan(0)
  })

  test('a replay says beforehand what it will do, and does just that', async () => {
    const admin = await opened()
    await accept(admin, 'a', { data: { operate: 'READ' } })
    await accept(admin, 'b')
    admin.clock.now += 1000
    const request = { since: '2026-11-22T09:30:00Z', until: admin.clock.now, route: 'reads' }
    const counts = { events: 2, cleared: 0, owed: 1, sinks: { slow: 1 } }
    const planned = await admin.ask('/api/replay', { body: { ...request, dry_run: true } })
    expect(planned.body).toEqual({ dry_run: true, ...counts })
    const done = await admin.ask('/api/replay', { body: request })
    expect(done.body).toEqual({ dry_run: false, ...counts })
    const { body } = await admin.ask('/api/deliveries?sink=slow')
    expect(body.items).toMatchObject([{ event: 'a', state: 'pending' }])
  })

  test.each(['x'.repeat(101), 'é'.repeat(3), 'a\tb'])(
    'a name that the audit does not take is refused, and nothing is done: %j',
    async (name) => {
      const { ask, store } = await opened()
      const headers = { 'X-Actor': name }
      const asked = [
        ['/api/sinks/lake/pause', {}],
        ['/api/deliveries/retry', { filter: {} }],
        ['/api/deliveries/retry', { filter: {}, dry_run: true }],
      ] as const
      for (const [path, body] of asked) {
        const { status, body: problem } = await ask(path, { body, headers })
        expect([status, problem.errors]).toEqual([
          400,
          [{ path: 'X-Actor', message: expect.stringContaining('at most 100') }],
        ])
      }
      expect(await store.pauses()).toEqual([])
      expect((await store.audit({ limit: 9 })).items).toEqual([])
    },
  )

  test('what was done is in the audit, with who did it', async () => {
    const { ask, clock } = await opened()
    const as = (name: string) => ({ body: {}, headers: { 'X-Actor': name } })
    await ask('/api/sinks/lake/pause', as('alice@finance'))
    clock.now += 1000
    await ask('/api/sinks/lake/discard', { method: 'POST' })
    await ask('/api/sinks/lake/resume', as(''))
    const { body } = await ask('/api/audit?limit=2')
    expect(body.items).toMatchObject([
      { actor: 'api', action: 'resume', outcome: { ended: ['operator'] } },
      { actor: 'api', action: 'discard', outcome: { discarded: 0 } },
    ])
    const last = await ask(`/api/audit?cursor=${body.next}`)
    expect(last.body).toEqual({
      items: [
        {
          id: expect.any(String),
          at: '2026-11-22T09:30:00.000Z',
          actor: 'api alice@finance',
          action: 'pause',
          request: { sink: 'lake' },
          outcome: {},
        },
      ],
      next: null,
    })
  })
})

interface Named {
  readonly id: string
  /** Of a delivery. */
  readonly event?: string
}
