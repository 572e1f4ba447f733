import { expect, onTestFinished, test, vi } from 'vitest'
import { accept, owedTo, settleAll } from '../core/operations/setup.ts'
import { linksOf, rowsOf } from './page.ts'
import { openConsole, VIEWER_TOKEN } from './setup.ts'
import { formsIn } from './walk.ts'

const PATH = '/console/replay'
/** Of the hour in which everything here comes. */
const HOUR = `${PATH}?since=2026-11-22T09:00:00&until=2026-11-22T10:00:00&count=1`

/** A console over what the routes did not lead to when it came: lake has `a` alone, and `q` is quarantined. */
async function setup() {
  const opened = openConsole()
  const { store, clock } = opened
  await accept({ store, clock }, 'a', { owed: ['lake'] })
  await settleAll(store, 'lake', { state: 'delivered' })
  await accept({ store, clock }, 'q', { problems: ['operate: was unknown then'] })
  await accept({ store, clock }, 'late')
  clock.now += 60_000
  const browser = opened.browse()
  await browser.logIn()
  /** Presses the button under a count. */
  const press = async (counted: string, more: Record<string, string> = {}) => {
    const { text } = await browser.get(counted)
    const form = formsIn(text, counted).find(({ action }) => action === PATH)
    return browser.submit(PATH, { ...form?.fields, ...more }, counted)
  }
  const audit = async () =>
    (await store.audit({ limit: 10 })).items.map((one) => [one.actor, one.request, one.outcome])
  return { ...opened, browser, press, audit }
}

const REQUEST = {
  since: '2026-11-22T09:00:00.000Z',
  until: '2026-11-22T10:00:00.000Z',
  resend: false,
}

test('it is counted first, and nothing is done by that', async () => {
  const { store, browser, audit } = await setup()
  const blank = (await browser.get(PATH)).text
  expect(formsIn(blank, PATH).map(({ action }) => action)).toEqual(['/console/logout'])
  const { status, text } = await browser.get(HOUR)
  expect(status).toBe(200)
  expect(figuresOf(text)).toEqual(['3', '1', '5'])
  expect(rowsOf(text)).toEqual(['finance 3 not ready', 'lake 2 not ready'])
  expect(await owedTo(store, 'finance')).toEqual([])
  expect(await audit()).toEqual([])
})

function figuresOf(text: string): readonly string[] {
  return [...text.matchAll(/<dd>([\d,]+)<\/dd>/g)].map(([, figure = '']) => figure)
}

test('the button does what was counted, says so, and leaves it in the audit', async () => {
  const { store, browser, press, audit } = await setup()
  const { status, location } = await press(HOUR)
  expect(status).toBe(303)
  const { text } = await browser.get(location ?? '')
  expect(text).toContain('Events: 3, of them quarantined until now: 1. Deliveries owed: 5.')
  expect(await owedTo(store, 'finance')).toEqual(['a pending 0', 'q pending 0', 'late pending 0'])
  const outcome = { events: 3, cleared: 1, owed: 5, sinks: { lake: 2, finance: 3 } }
  expect(await audit()).toEqual([['console admin', REQUEST, outcome]])
  const again = (await browser.get(HOUR)).text
  expect(again).toContain('whatever the routes lead to has it already')
  expect(formsIn(again, HOUR).filter(({ action }) => action === PATH)).toEqual([])
})

test('nothing is begun that was not counted, and nothing twice', async () => {
  const { store, browser, press, audit } = await setup()
  const uncounted = { since: '2026-11-22T09:00:00', sink: 'finance' }
  const { location } = await browser.submit(PATH, uncounted)
  expect(location).toMatch(/sink=finance&count=1&done=changed$/)
  expect((await browser.get(location ?? '')).text).toContain('Nothing was done')
  expect(await audit()).toEqual([])

  const resend = `${HOUR}&sink=lake&resend=1`
  const before = formsIn((await browser.get(resend)).text, resend)
  const fields = before.find(({ action }) => action === PATH)?.fields ?? {}
  await press(resend)
  await settleAll(store, 'lake', { state: 'delivered' })
  const twice = await browser.submit(PATH, { ...fields })
  expect(twice.location).toContain('done=changed')
  expect(await owedTo(store, 'lake')).toHaveLength(4)
  expect(await audit()).toHaveLength(1)
})

test('only for a sink, by a route, or what was delivered once more', async () => {
  const { store, browser, press } = await setup()
  expect(rowsOf((await browser.get(`${HOUR}&sink=finance`)).text)).toEqual(['finance 3 not ready'])
  const reads = (await browser.get(`${HOUR}&route=reads`)).text
  expect(figuresOf(reads)).toEqual(['3', '1', '0'])
  expect(reads).toContain('replay it for the others, too')
  const none = `${PATH}?since=2026-11-22T08:00&until=2026-11-22T09:00&resend=1&count=1`
  expect((await browser.get(none)).text).toContain('There is nothing to replay')
  expect(rowsOf((await browser.get(`${HOUR}&sink=lake&resend=1`)).text)).toEqual([
    'lake 3 not ready',
  ])
  await press(`${HOUR}&sink=lake&resend=1`)
  expect(await owedTo(store, 'lake')).toEqual([
    'a delivered 1',
    'a pending 0',
    'q pending 0',
    'late pending 0',
  ])
})

test('an end that is not given is the moment of the count, and the last hour needs no typing', async () => {
  const { store, clock, browser, press, audit } = await setup()
  const [hour = ''] = linksOf((await browser.get(`${PATH}?sink=finance`)).text, 'hour')
  expect(hour).toBe(`${PATH}?last=hour&sink=finance&count=1`)
  const { text } = await browser.get(hour)
  expect(rowsOf(text)).toEqual(['finance 3 not ready'])
  const fields = formsIn(text, hour).find(({ action }) => action === PATH)?.fields
  clock.now += 1000
  await accept({ store, clock }, 'after-the-count')
  await press(hour, { ...fields })
  expect(await owedTo(store, 'finance')).toHaveLength(3)
  const span = { since: '2026-11-22T08:31:00.000Z', until: '2026-11-22T09:31:00.000Z' }
  expect((await audit())[0]?.[1]).toEqual({ ...span, sink: 'finance', resend: false })
})

test('what is wrong with what is asked for is said, in both languages', async () => {
  const { browser } = await setup()
  for (const [query, said] of [
    ['', 'Say from when on.'],
    ['&since=2026-11-22T10:00&until=2026-11-22T09:00', 'The end must be a time later'],
    ['&since=2026-11-22T10:00&until=soon', 'The end must be a time later'],
    ['&since=2026-11-22T09:00&sink=lak', 'not the name of a sink in routes.yaml'],
    ['&since=2026-11-22T09:00&route=red', 'not the name of a route that is enabled'],
    ['&lang=zh', '请填写起始时间'],
  ] as const) {
    const { status, text } = await browser.get(`${PATH}?count=1${query}`)
    expect([query, status]).toEqual([query, 400])
    expect(text).toContain(said)
    expect(formsIn(text, PATH).filter(({ action }) => action === PATH)).toEqual([])
  }
})

test('a form that has become wrong meanwhile is answered with what is wrong', async () => {
  const { browser, press } = await setup()
  for (const wrong of [{ sink: 'gone' }, { since: '' }]) {
    const { status, location } = await press(HOUR, wrong)
    expect(status).toBe(303)
    expect((await browser.get(location ?? '')).status).toBe(400)
  }
})

test('where time is over, it says how far it came, and goes on from there', async () => {
  const { store, clock, browser, press } = await setup()
  for (const id of ['d', 'e', 'f']) {
    clock.now += 1000
    await accept({ store, clock }, id)
  }
  clock.now += 1000
  const { text } = await browser.get(HOUR)
  const fields = formsIn(text, HOUR).find(({ action }) => action === PATH)?.fields ?? {}
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
  onTestFinished(() => void vi.useRealTimers())
  // Small pages, and each takes longer than one request has.
  const { events } = store
  store.events = (query) => {
    vi.advanceTimersByTime(10_000)
    return events({ ...query, limit: 4 })
  }
  const { location } = await browser.submit(PATH, fields, '/console')
  store.events = events
  expect(location).toContain(
    `${PATH}?since=2026-11-22T09%3A31%3A01.000Z&until=2026-11-22T10%3A00%3A00.000Z&count=1&`,
  )
  expect(await owedTo(store, 'finance')).toHaveLength(4)
  const { text: rest } = await browser.get(location ?? '')
  expect(rest).toContain('Events: 4, of them quarantined until now: 1. Deliveries owed: 7.')
  expect(rest).toContain('It came as far as <time datetime="2026-11-22T09:31:01.000Z">')
  expect(rowsOf(rest)).toEqual(['lake 2 not ready', 'finance 2 not ready'])
  await press(location ?? '')
  expect(await owedTo(store, 'finance')).toHaveLength(6)
})

test('who may only look has no way there', async () => {
  const { browse, store } = await setup()
  const viewer = browse()
  await viewer.logIn(VIEWER_TOKEN)
  expect((await viewer.get(HOUR)).status).toBe(403)
  expect((await viewer.submit(PATH, { since: '2026-11-22' }, '/console')).status).toBe(403)
  for (const page of ['/console/routes', '/console/sinks/finance', '/console/events/3'])
    expect((await viewer.get(page)).text).not.toContain(PATH)
  expect(await owedTo(store, 'finance')).toEqual([])
})

test('the pages that show what was not owed lead there', async () => {
  const { browser } = await setup()
  expect(linksOf((await browser.get('/console/routes')).text, 'Replay stored events…')).toEqual([
    PATH,
  ])
  const sink = (await browser.get('/console/sinks/finance')).text
  expect(linksOf(sink, 'Replay events to it…')).toEqual([`${PATH}?sink=finance`])
  const event = (await browser.get('/console/events/3')).text
  const [ofEvent = ''] = linksOf(event, 'Replay what it has missed since…')
  expect(ofEvent).toBe(`${PATH}?since=2026-11-22T09%3A30%3A00.000Z&sink=lake&count=1`)
  expect(rowsOf((await browser.get(ofEvent)).text)).toEqual(['lake 2 not ready'])
})
