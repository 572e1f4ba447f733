import { expect, test } from 'vitest'
import type { LaneStatus } from '../../src/core/lane/status.ts'
import { createRedaction } from '../../src/core/redact.ts'
import { accept, settleAll } from '../core/operations/setup.ts'
import { attempted } from '../happenings.ts'
import { plan } from '../http/api/setup.ts'
import { rowsOf } from './page.ts'
import { type Options, openConsole, VIEWER_TOKEN } from './setup.ts'

const LANE: LaneStatus = {
  ...{ sink: 'lake', pausedBy: [], breaker: 'closed', breakerUntil: null, ready: true },
  ...{ inFlight: 0, deliveredPerMinute: 0, failedPerMinute: 0 },
}

async function setup(options?: Options) {
  const opened = openConsole(options)
  const browser = opened.browse()
  await browser.logIn()
  const get = async (path: string) => (await browser.get(path)).text
  const states = async (sink: string) =>
    (await opened.store.deliveries({ sink, limit: 100 })).items.map(({ state }) => state)
  return { ...opened, browser, get, states }
}

test('every sink says how it does, and why it is sent nothing', async () => {
  const { get, lanes, store, clock, feed, ...more } = await setup()
  lanes.push({ ...LANE, breaker: 'open', breakerUntil: clock.now + 30_000, failedPerMinute: 3 })
  lanes.push({ ...LANE, sink: 'finance', deliveredPerMinute: 1200 })
  feed.tell({ ...attempted('finance', 'delivered', 40), at: clock.now })
  await accept({ store, clock }, 'a', { owed: ['lake', 'gone'] })
  clock.now += 120_000
  expect(rowsOf(await get('/console/sinks'))).toEqual([
    'lake log breaker open until 2026-11-22 09:30:30 0 3 failed – 0 1 2 min 0 100/s',
    'slow log paused by routes.yaml 0 – 0 0 0 –',
    'gone not in routes.yaml 0 – 0 1 2 min 0 –',
    'finance log healthy 1,200 ≤ 50 ms 0 0 0 10/m in order of instance_code',
  ])
  await store.pause({ sink: 'finance', by: 'receiver', at: clock.now, options: 'finance-' })
  expect(rowsOf(await get('/console/sinks'))[1]).toMatch(/^finance .*paused by the receiver: 410/)
  expect(more.log.lines).toEqual([])
})

test('pausing and resuming lead back to the sink, and say what is', async () => {
  const { browser, get, store } = await setup()
  const page = '/console/sinks/lake'
  const paused = await browser.submit(`${page}/pause`, {}, page)
  expect([paused.status, paused.location]).toEqual([303, `${page}?done=paused`])
  expect(await store.pauses()).toMatchObject([{ sink: 'lake', by: 'operator' }])
  const text = await get(paused.location ?? '')
  expect(text).toContain('It is paused. What it is owed is kept.')
  expect(text).toContain('by an operator')
  expect(text).not.toContain(`action="${page}/pause"`)
  const resumed = await browser.submit(`${page}/resume`, {}, page)
  expect(await get(resumed.location ?? '')).toContain('It is resumed.')
  expect(await store.pauses()).toEqual([])
  const { items } = await store.audit({ limit: 9 })
  expect(items.map(({ actor, action }) => `${actor}: ${action}`)).toEqual([
    'console admin: resume',
    'console admin: pause',
  ])
})

test('a pause by the file can be ended there alone', async () => {
  const { get } = await setup()
  const text = await get('/console/sinks/slow')
  expect(text).toContain('that can be ended only there')
  expect(text).not.toMatch(/slow\/(resume|pause)/)
})

test('a backlog is discarded only by whoever types the sink’s name', async () => {
  const { browser, get, states, ...more } = await setup()
  for (const id of ['a', 'b']) await accept(more, id, { owed: ['lake'] })
  const path = '/console/sinks/lake/discard'
  expect(await get('/console/sinks/lake')).toContain(`href="${path}"`)
  const confirmation = await get(path)
  expect(confirmation).toContain('What it is owed, 2 in all, becomes dead letters')
  expect(confirmation).toContain('for 30 days')
  const wrong = await browser.submit(path, { name: 'finance' })
  expect(wrong.status).toBe(400)
  expect(wrong.text).toContain('Nothing has been discarded.')
  expect(await states('lake')).toEqual(['pending', 'pending'])
  const right = await browser.submit(path, { name: 'lake' })
  expect(right.location).toBe('/console/sinks/lake?done=discarded&count=2')
  expect(await get(right.location ?? '')).toContain('Discarded: 2.')
  expect(await states('lake')).toEqual(['dead', 'dead'])
  expect(await get(path)).toContain('Nothing is owed to it.')
})

test('a sink shows what waits for it, and when it is tried next', async () => {
  const { get, lanes, ...more } = await setup()
  const { store, clock } = more
  lanes.push(LANE)
  await accept(more, 'late', { owed: ['lake'] })
  await settleAll(store, 'lake', { state: 'pending', dueAt: clock.now + 60_000 })
  await accept(more, 'due', { owed: ['lake'] })
  const waiting = async () => rowsOf(await get('/console/sinks/lake'))
  expect(await waiting()).toEqual([
    'due 2026-11-22 09:30:00 0 due now',
    'late 2026-11-22 09:30:00 1 2026-11-22 09:31:00',
  ])
  lanes[0] = { ...LANE, breaker: 'open', breakerUntil: clock.now + 5000 }
  expect((await waiting())[0]).toContain('when the breaker lets it')
  await store.pause({ sink: 'lake', by: 'operator', at: clock.now, options: '' })
  expect((await waiting())[0]).toContain('when it is resumed')
})

test('an order key that is redacted does not show', async () => {
  const redacted = { ...plan, redact: createRedaction(['instance_code']) }
  const { get, ...more } = await setup({ plan: redacted })
  const owed = [{ sink: 'finance', orderKey: 'secret-code', claimMs: 0 }]
  await accept(more, 'a', { owed })
  const text = await get('/console/sinks/finance')
  expect(text).toContain('[redacted]')
  expect(text).not.toContain('secret-code')
})

test('a sink shows its settings, what the file says, and which routes send to it', async () => {
  const options = { url: 'https://x.example/?***', secret: `\${SECRET}`, headers: { a: '***' } }
  const writtenSinks = new Map([['lake', { options, file: 'routes.d/lake.yaml', line: 7 }]])
  const { get } = await setup({ plan: { ...plan, writtenSinks } })
  const text = await get('/console/sinks/lake')
  expect(text).toContain('url: &quot;https://x.example/?***&quot;')
  expect(text).toContain(`secret: &quot;\${SECRET}&quot;`)
  expect(text).toContain('routes.d/lake.yaml:7.')
  expect(text).toContain('<dt>Rate</dt><dd>100/s</dd>')
  expect(text).toContain('<dt>Attempts</dt><dd>one, and no more</dd>')
  expect(text).toMatch(/<a href="\/console\/routes#route-0">all<\/a>/)
  expect(text).not.toContain('>reads</a>')
})

test('a sink that has left the file can still be seen, and what it is owed discarded', async () => {
  const { get, ...more } = await setup()
  await accept(more, 'a', { owed: ['gone'] })
  const text = await get('/console/sinks/gone')
  expect(text).toContain('not in routes.yaml any more')
  expect(text).toContain('/console/sinks/gone/discard')
  expect(text).not.toContain('/gone/pause')
})

test('no such sink is 404, and the nearest name is told', async () => {
  const { browser } = await setup()
  for (const path of ['/console/sinks/lak', '/console/sinks/lak/discard']) {
    const { status, text } = await browser.get(path)
    expect(status).toBe(404)
    expect(text).toContain('did you mean &quot;lake&quot;?')
  }
  const { status } = await browser.submit('/console/sinks/lak/pause', {}, '/console/sinks/lake')
  expect(status).toBe(404)
})

test('a viewer sees no button, and can do nothing', async () => {
  const { browse, states, ...more } = await setup()
  await accept(more, 'a', { owed: ['lake'] })
  const viewer = browse()
  await viewer.logIn(VIEWER_TOKEN)
  const page = '/console/sinks/lake'
  expect((await viewer.get(page)).text).not.toMatch(/lake\/(pause|resume|discard)/)
  expect((await viewer.get(`${page}/discard`)).status).toBe(403)
  for (const action of ['pause', 'resume', 'discard']) {
    const { status } = await viewer.submit(`${page}/${action}`, { name: 'lake' }, page)
    expect([action, status]).toEqual([action, 403])
  }
  expect(await states('lake')).toEqual(['pending'])
  expect(await more.store.pauses()).toEqual([])
})
