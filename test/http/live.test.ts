import { expect, onTestFinished, test, vi } from 'vitest'
import type { Attempted } from '../../src/core/happening.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { accept, START, settleAll } from '../core/operations/setup.ts'
import { openAdmin } from './api/setup.ts'

type Admin = ReturnType<typeof openAdmin>

interface Told {
  readonly event: string
  readonly id?: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever it is.
  readonly data: any
}

/** A client of the stream, which reads when it is told to. */
async function openStream(admin: Admin, query = '', headers: Record<string, string> = {}) {
  const answer = await admin.request(`/api/stream${query}`, { headers })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const more = async () => {
    const { done, value = '' } = (await reader?.read()) ?? { done: true }
    text += value
    return done
  }
  await more()
  return {
    answer,
    more,
    text: () => text,
    told: () => messagesIn(text),
    cancel: () => reader?.cancel(),
  }
}

function messagesIn(text: string): Told[] {
  return text.split('\n\n').flatMap((message) => {
    const fields = Object.fromEntries(
      message.split('\n').map((line) => {
        const [, name = '', value = ''] = /^(\w*): ?(.*)$/.exec(line) ?? []
        return [name, value]
      }),
    )
    const { event, id, data } = fields
    if (event === undefined || data === undefined) return []
    return [{ event, ...(id !== undefined && { id }), data: JSON.parse(data) }]
  })
}

function attempted(sink: string, more: Partial<Attempted> = {}): Attempted {
  const about = { type: 'approval_cc', eventId: 'a', deliveryId: '7', attempt: 2 }
  const outcome = { result: 'failed', status: 503, error: 'HTTP 503', durationMs: 31 } as const
  return { kind: 'attempted', at: START, sink, ...about, ...outcome, ...more }
}

test('events come with their ref, attempts, sinks and reloads as they happen', async () => {
  const admin = openAdmin()
  await accept(admin, 'before')
  const stream = await openStream(admin)
  expect(stream.answer.headers.get('content-type')).toBe('text/event-stream')
  expect(stream.text()).toBe('retry: 2000\n\n')
  await accept(admin, 'a')
  await accept(admin, 'b', { problems: ['broken'] })
  admin.feed.tell(attempted('lake'))
  const lane = { pausedBy: ['operator'], breaker: 'open', ready: true, inFlight: 1 } as const
  const since = { breakerUntil: null }
  admin.lanes.push({ sink: 'lake', ...lane, ...since, deliveredPerMinute: 0, failedPerMinute: 0 })
  admin.feed.tell({ kind: 'reloaded', at: START, result: 'rejected', problems: 'routes.yaml:1' })
  await admin.live.look()
  await stream.more()
  const { body } = await admin.ask('/api/events')
  const [b, a] = body.items
  expect(stream.told()).toEqual([
    { event: 'event', id: a.ref, data: a },
    { event: 'event', id: b.ref, data: b },
    {
      event: 'attempt',
      data: {
        at: '2026-11-22T09:30:00.000Z',
        sink: 'lake',
        type: 'approval_cc',
        event: 'a',
        delivery: '7',
        attempt: 2,
        result: 'failed',
        status: 503,
        error: 'HTTP 503',
        duration_ms: 31,
      },
    },
    {
      event: 'sink',
      data: { name: 'lake', paused: true, paused_by: ['operator'], breaker: 'open', ready: true },
    },
    {
      event: 'config',
      data: { at: '2026-11-22T09:30:00.000Z', result: 'rejected', problems: 'routes.yaml:1' },
    },
  ])
})

test('of what becomes of events it tells the attempts alone', async () => {
  const admin = openAdmin()
  await accept(admin, 'a', { owed: ['lake'] })
  const stream = await openStream(admin)
  await settleAll(admin.store, 'lake', { state: 'delivered' })
  await admin.live.look()
  admin.feed.tell(attempted('lake', { result: 'delivered' }))
  await admin.live.look()
  await stream.more()
  expect(stream.text().split('\n\n')).toHaveLength(3)
  expect(stream.told()).toMatchObject([{ event: 'attempt', data: { result: 'delivered' } }])
})

test('by itself it looks within a second or two', async () => {
  const admin = openAdmin()
  const stream = await openStream(admin)
  await accept(admin, 'a')
  await stream.more()
  expect(stream.told()).toMatchObject([{ data: { id: 'a' } }])
})

test('a comment comes every 15 s, so that a connection which is no more shows', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const stream = await openStream(openAdmin())
  await vi.advanceTimersByTimeAsync(15_000)
  await stream.more()
  expect(stream.text()).toBe('retry: 2000\n\n:\n\n')
})

test('each hears what it asks for, and all hear of reloads', async () => {
  const admin = openAdmin()
  const queries = ['', '?sink=lake', '?type=approval_cc', '?source=feishu', '?source=elsewhere']
  const streams = await Promise.all(queries.map((query) => openStream(admin, query)))
  await accept(admin, 'a')
  admin.feed.tell(attempted('lake'))
  admin.feed.tell(attempted('finance', { type: 'leave_approval' }))
  admin.feed.tell({ kind: 'reloaded', at: START, result: 'applied', problems: '' })
  await admin.live.look()
  const told = await Promise.all(
    streams.map(async (stream) => {
      await stream.more()
      return stream.told().map(({ event, data }) => [event, data.sink].filter(Boolean).join(' '))
    }),
  )
  expect(told).toEqual([
    ['event', 'attempt lake', 'attempt finance', 'config'],
    ['attempt lake', 'config'],
    ['event', 'attempt lake', 'config'],
    ['event', 'config'],
    ['config'],
  ])
})

test('who was away is told of what came meanwhile, as far as it is among the newest', async () => {
  const admin = openAdmin()
  for (const id of ['a', 'b', 'c']) await accept(admin, id)
  const { body } = await admin.ask('/api/events/a')
  const ids = (stream: Awaited<ReturnType<typeof openStream>>) =>
    stream.told().map(({ data }) => data.id)
  const byHeader = await openStream(admin, '', { 'Last-Event-ID': body.ref })
  await byHeader.more()
  expect(ids(byHeader)).toEqual(['b', 'c'])
  const byQuery = await openStream(admin, `?after=${body.ref}`)
  await byQuery.more()
  expect(ids(byQuery)).toEqual(['b', 'c'])
  const unknown = await openStream(admin, '?after=long-gone')
  await unknown.more()
  expect(ids(unknown)).toEqual(['a', 'b', 'c'])
})

test('of too many at once the newest are told, and how many were not', async () => {
  const admin = openAdmin()
  const stream = await openStream(admin)
  for (let n = 0; n < 250; n++) {
    await accept(admin, `e-${n}`)
    admin.feed.tell({
      ...{ kind: 'received', at: START, source: 'feishu', type: 'approval_cc', durationMs: 1 },
      ...{ eventId: `e-${n}`, result: 'accepted', problems: [] },
    })
    admin.feed.tell(attempted('lake'))
  }
  await admin.live.look()
  await stream.more()
  const told = stream.told()
  expect(told.filter(({ event }) => event === 'event').map(({ data }) => data.id)).toEqual(
    Array.from({ length: 100 }, (_, n) => `e-${n + 150}`),
  )
  expect(told.filter(({ event }) => event === 'attempt')).toHaveLength(100)
  expect(told.at(-1)).toEqual({ event: 'skipped', data: { events: 150, attempts: 150 } })
})

test('what the store has deleted does not make older events new', async () => {
  const store = openMemoryStore()
  const admin = openAdmin({ store })
  await accept(admin, 'old', { problems: ['quarantined, so that it stays'] })
  admin.clock.now += 3_600_000
  for (let n = 0; n < 150; n++) await accept(admin, `e-${n}`)
  const stream = await openStream(admin)
  admin.clock.now += 1000
  const now = admin.clock.now
  const before = { deadBefore: 0, identitiesBefore: 0, auditBefore: 0, deliveredBefore: now }
  await store.prune({ limit: 1000, ...before })
  await accept(admin, 'new')
  await admin.live.look()
  await stream.more()
  expect(stream.told().map(({ data }) => data.id)).toEqual(['new'])
})

test('one who does not read is let go, and the others are not held up', async () => {
  const admin = openAdmin()
  const slow = await openStream(admin)
  const quick = await openStream(admin)
  const problems = 'x'.repeat(100_000)
  for (let n = 0; n < 5; n++) {
    admin.feed.tell({ kind: 'reloaded', at: START + n, result: 'rejected', problems })
    await admin.live.look()
    await quick.more()
  }
  expect(quick.told()).toHaveLength(5)
  while (!(await slow.more())) {}
  expect(slow.told().length).toBeLessThan(5)
})

test('so many may watch at once, and a place is free again when one goes', async () => {
  const admin = openAdmin()
  const streams = await Promise.all(Array.from({ length: 50 }, () => openStream(admin)))
  const refused = await admin.ask('/api/stream')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  await streams[0]?.cancel()
  expect((await openStream(admin)).answer.status).toBe(200)
})

test('HEAD takes no place', async () => {
  const admin = openAdmin()
  for (let n = 0; n < 60; n++) {
    const { status, headers } = await admin.ask('/api/stream', { method: 'HEAD' })
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  }
  expect((await openStream(admin)).answer.status).toBe(200)
})

test('while nobody watches nothing is read and nothing is followed', async () => {
  const store = openMemoryStore()
  let readings = 0
  const events: typeof store.events = (query) => {
    readings++
    return store.events(query)
  }
  const admin = openAdmin({ store: { ...store, events } })
  await admin.live.look()
  expect(readings).toBe(0)
  const streams = await Promise.all([openStream(admin), openStream(admin), openStream(admin)])
  expect(readings).toBe(1)
  for (const stream of streams) await stream.cancel()
  await admin.live.look()
  expect(readings).toBe(1)
  // A new one is told nothing of what was before it.
  await accept(admin, 'a')
  admin.feed.tell(attempted('lake'))
  const stream = await openStream(admin)
  await accept(admin, 'b')
  await admin.live.look()
  await stream.more()
  expect(stream.told()).toMatchObject([{ event: 'event', data: { id: 'b' } }])
})

test('a store that cannot be read ends no stream, and is no secret to the log', async () => {
  const store = openMemoryStore()
  let isAway = false
  const events: typeof store.events = (query) =>
    isAway ? Promise.reject(new Error('the disk is gone')) : store.events(query)
  const admin = openAdmin({ store: { ...store, events } })
  const stream = await openStream(admin)
  isAway = true
  await expect(admin.live.look()).rejects.toThrow('the disk is gone')
  expect((await admin.ask('/api/stream')).status).toBe(500)
  expect(admin.log.lines.join()).toContain('the disk is gone')
  isAway = false
  await accept(admin, 'a')
  await admin.live.look()
  await stream.more()
  expect(stream.told()).toMatchObject([{ data: { id: 'a' } }])
})

test('when the gateway ends so do the streams, and nobody can watch any more', async () => {
  const admin = openAdmin()
  const stream = await openStream(admin)
  admin.live.close()
  expect(await stream.more()).toBe(true)
  expect((await admin.ask('/api/stream')).status).toBe(503)
})

test('a gateway that ends while one begins to watch leaves nobody waiting', async () => {
  const store = openMemoryStore()
  const reading = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const events: typeof store.events = async (query) => {
    reading.resolve()
    await closed.promise
    return store.events(query)
  }
  const admin = openAdmin({ store: { ...store, events } })
  const asked = admin.ask('/api/stream')
  await reading.promise
  admin.live.close()
  closed.resolve()
  expect((await asked).status).toBe(503)
})

test('one who is told too much at once to begin with keeps no place', async () => {
  const admin = openAdmin()
  for (let n = 0; n < 4; n++) await accept(admin, `e-${n}`, { problems: ['x'.repeat(100_000)] })
  for (let n = 0; n < 60; n++) {
    const { status } = await openStream(admin, '?after=long-gone').then(({ answer }) => answer)
    expect(status).toBe(200)
  }
})
