import { expect, test } from 'vitest'
import type { LaneStatus } from '../../src/core/lane/status.ts'
import { settleAll } from '../core/operations/setup.ts'
import { attempted, received } from '../happenings.ts'
import { plan } from '../http/api/setup.ts'
import { acceptance } from '../stores/samples.ts'
import { linksOf, rowsOf } from './page.ts'
import { openConsole } from './setup.ts'

const LANE: LaneStatus = {
  ...{ sink: 'lake', pausedBy: [], breaker: 'closed', breakerUntil: null, ready: true },
  ...{ inFlight: 0, deliveredPerMinute: 0, failedPerMinute: 0 },
}

/** The cells of a table's row, as text. */
function cells(text: string, name: string): readonly string[] {
  const row = text.split('<tr>').find((one) => one.includes(`>${name}</a></th>`)) ?? ''
  return [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) =>
    cell.replace(/<[^>]*>/g, '').trim(),
  )
}

test('each sink shows how it does', async () => {
  const { browse, feed, store, clock, lanes } = openConsole()
  lanes.push({ ...LANE, breaker: 'open' })
  for (let i = 0; i < 3; i++) feed.tell({ ...attempted('lake', 'delivered', 30), at: clock.now })
  feed.tell({ ...attempted('lake', 'failed', 30), at: clock.now })
  feed.tell({ ...received('feishu', 'approval_cc', 'accepted', 3), at: clock.now })
  feed.tell({ ...received('feishu', '', 'rejected', 3), at: clock.now })
  await store.accept([acceptance('e1')], clock.now - 90_000)
  const browser = browse()
  await browser.logIn()
  const { text } = await browser.get('/console')
  expect(cells(text, 'lake')).toEqual(['breaker open', '', '75%', '≤ 50 ms', '1', '1 min', '', '0'])
  expect(cells(text, 'slow')[0]).toBe('paused by routes.yaml')
  expect(text).toMatch(/<dt>Events<\/dt><dd>1<small>1 rejected<\/small><\/dd>/)
  expect(text).toMatch(/aria-label="Deliveries: 3 now, 3 at the most in the last hour"/)
})

test('what needs somebody stands on top, each with the way to it', async () => {
  const { browse, feed, clock, lanes, store } = openConsole()
  lanes.push(LANE, { ...LANE, sink: 'finance' })
  const browser = browse()
  await browser.logIn()
  const attention = async () =>
    /<p class="notice warn"[^>]*>(.*?)<\/p>/s.exec((await browser.get('/console')).text)?.[1] ?? ''
  const said = (markup: string) =>
    markup
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
  expect(said(await attention())).toBe('Needs attention: 1 paused')
  lanes[0] = { ...LANE, breaker: 'open' }
  feed.tell({ kind: 'reloaded', at: clock.now, result: 'rejected', problems: 'wrong' })
  await store.accept([acceptance('e1', { owed: ['gone', 'left'] })], clock.now)
  const text = await attention()
  expect(said(text)).toBe(
    'Needs attention: 1 breaker open, 1 paused, 2 not in routes.yaml, config rejected',
  )
  expect(linksOf(text, '1 breaker open')).toEqual(['/console/sinks/lake'])
  expect(linksOf(text, '2 not in routes.yaml')).toEqual(['/console/sinks'])
  expect(linksOf(text, 'config rejected')).toEqual(['/console/problems'])
})

test('of a hundred sinks those in trouble come first, and most that do well are folded', async () => {
  const { browse, lanes, store, clock } = openHundred()
  lanes.push({ ...LANE, sink: 's70', breaker: 'open' })
  await store.pause({ sink: 's60', by: 'operator', at: clock.now, options: '' })
  await store.accept([acceptance('e1', { owed: ['s80', 's90'] })], clock.now)
  await store.accept([acceptance('e2', { owed: ['s90'] })], clock.now)
  await settleAll(store, 's80', { state: 'dead', reason: 'HTTP 422' })
  const browser = browse()
  await browser.logIn()
  const { text } = await browser.get('/console')
  const names = rowsOf(text).map((row) => row.split(' ')[0])
  expect(names.slice(0, 6)).toEqual(['s70', 's60', 's80', 's90', 's0', 's1'])
  expect(names).toHaveLength(23)
  expect(linksOf(text, '77 more, all healthy')).toEqual(['/console/sinks'])
  const all = rowsOf((await browser.get('/console/sinks')).text)
  expect(all).toHaveLength(100)
  expect(all.slice(0, 4).map((row) => row.split(' ')[0])).toEqual(['s70', 's60', 's80', 's90'])
})

/** All of them deliver. */
function openHundred() {
  const [live] = plan.sinks.values()
  if (!live) throw new Error('the plan has no sink')
  const names = Array.from({ length: 100 }, (_, n) => `s${n}`)
  const sinks = new Map(names.map((name) => [name, { ...live, name }]))
  const opened = openConsole({ plan: { ...plan, sinks } })
  opened.lanes.push(...names.filter((name) => name !== 's70').map((sink) => ({ ...LANE, sink })))
  return opened
}

test('names and ids are text, whatever they hold', async () => {
  const { browse, store, clock } = openConsole()
  const data = { instance_code: '<img src=x onerror=alert(1)>', operate: '"><script>' }
  await store.accept([acceptance('<b>', { data, via: '<i>' })], clock.now)
  const browser = browse()
  await browser.logIn()
  const { text } = await browser.get('/console')
  expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;')
  expect(text).not.toMatch(/<img|<b>|<i>|"><script>/)
})

test('before anything has come it says so', async () => {
  const browser = openConsole().browse()
  await browser.logIn()
  expect((await browser.get('/console?lang=zh')).text).toContain('还没有收到事件。')
})
