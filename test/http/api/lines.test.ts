import { expect, test } from 'vitest'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { accept } from '../../core/operations/setup.ts'
import { openAdmin } from './setup.ts'

const headers = { Accept: 'application/x-ndjson' }

async function openOwed(count: number, store = openMemoryStore()) {
  const admin = openAdmin({ store })
  for (let n = 0; n < count; n++) await accept(admin, `event-${n}`, { owed: ['lake'] })
  admin.clock.now += 1000
  return admin
}

function linesOf(text: string): unknown[] {
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('long work tells its progress line by line, its answer on the last', async () => {
  const { ask, woken } = await openOwed(1200)
  const discarded = await ask('/api/sinks/lake/discard', { body: {}, headers })
  expect(discarded.headers.get('content-type')).toBe('application/x-ndjson')
  const lines = linesOf(discarded.text)
  expect(lines.slice(0, 2)).toEqual([
    { progress: { discarded: 500 } },
    { progress: { discarded: 1000 } },
  ])
  expect(lines.at(-1)).toEqual({ discarded: 1200 })
  const retried = await ask('/api/deliveries/retry', { body: { filter: {} }, headers })
  expect(linesOf(retried.text).at(0)).toEqual({ progress: { retried: 500 } })
  expect(linesOf(retried.text).at(-1)).toEqual({ dry_run: false, retried: 1200 })
  expect(woken()).toBe(2)
})

test('a replay’s progress says how far it has come', async () => {
  const { ask, clock } = await openOwed(250)
  const body = { since: 0, until: clock.now, dry_run: true }
  const lines = linesOf((await ask('/api/replay', { body, headers })).text)
  const counts = { events: 200, cleared: 0, owed: 200, sinks: { finance: 200 } }
  expect(lines[0]).toEqual({ progress: { ...counts, reached: '2026-11-22T09:30:00.000Z' } })
  expect(lines.at(-1)).toMatchObject({ dry_run: true, events: 250, owed: 250 })
})

test('what is wrong from the start is a problem like any other', async () => {
  const { ask } = await openOwed(0)
  const body = { since: 0, until: 1.7e12, route: 'nowhere' }
  const answer = await ask('/api/replay', { body, headers })
  expect(answer.status).toBe(400)
  expect(answer.body.errors).toMatchObject([{ path: 'route' }])
})

test('work that fails in its middle ends with a line that says so, and the log says why', async () => {
  const store = openMemoryStore()
  let batches = 0
  const discard: typeof store.discard = (...args) =>
    ++batches > 1 ? Promise.reject(new Error('disk full: /x')) : store.discard(...args)
  const { ask, log } = await openOwed(700, { ...store, discard })
  const { status, text } = await ask('/api/sinks/lake/discard', { body: {}, headers })
  expect(status).toBe(200)
  expect(linesOf(text)).toEqual([
    { progress: { discarded: 500 } },
    { error: 'The work ended early; the log says why.' },
  ])
  expect(log.lines.join()).toContain('disk full')
})

test('a client that goes away ends the work after the batch in hand, and the audit says so', async () => {
  const { request, store } = await openOwed(5000)
  const answer = await request('/api/sinks/lake/discard', { body: {}, headers })
  const reader = answer.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  const outcome = async () => (await store.audit({ limit: 1 })).items[0]?.outcome
  await expect.poll(outcome, { timeout: 10_000 }).toMatchObject({ error: 'the client went away' })
  const [backlog] = await store.backlog()
  expect(backlog?.pending).toBeGreaterThan(3000)
  expect(await outcome()).toMatchObject({ discarded: backlog?.dead })
})

test.for([
  ['lines', headers],
  ['one answer', {}],
] as const)(
  'a gateway that ends does not wait for long work, and says so: %s',
  async ([, accept]) => {
    const { request, store, end } = await openOwed(5000)
    const asked = request('/api/sinks/lake/discard', { body: {}, headers: accept })
    const done = async () => (await store.backlog())[0]?.dead ?? 0
    await expect.poll(done, { timeout: 10_000, interval: 1 }).toBeGreaterThan(0)
    end()
    const answer = await asked
    const text = await answer.text()
    const ended = 'The gateway is ending: what was done until now stays done.'
    if (answer.status === 200) expect(linesOf(text).at(-1)).toEqual({ error: ended })
    else expect([answer.status, JSON.parse(text).detail]).toEqual([503, ended])
    const [entry] = (await store.audit({ limit: 1 })).items
    expect(entry?.outcome).toEqual({ discarded: await done(), error: ended })
    expect(await done()).toBeLessThan(5000)
  },
)

test('a client that does not read its lines is not told all of them, and the last all the same', async () => {
  const store = openMemoryStore()
  const batches = 1000
  let left = batches
  const discard: typeof store.discard = async () => ({ count: 1, next: --left > 0 ? '1' : null })
  const { request, woken } = await openOwed(1, { ...store, discard })
  const answer = await request('/api/sinks/lake/discard', { body: {}, headers })
  await expect.poll(woken, { timeout: 10_000 }).toBe(1)
  const lines = linesOf(await answer.text())
  expect(lines.at(-1)).toEqual({ discarded: batches })
  expect(lines.length).toBeLessThan(batches)
})
