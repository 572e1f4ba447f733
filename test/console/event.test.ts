import { expect, test } from 'vitest'
import { pauseSink } from '../../src/core/operations/pause-sink.ts'
import type { Plan } from '../../src/core/plan.ts'
import { createRedaction } from '../../src/core/redact.ts'
import { accept, type Given, routingOf, START, settleAll } from '../core/operations/setup.ts'
import { plan } from '../http/api/setup.ts'
import { sampleEvent, sampleRaw } from '../sample-event.ts'
import { settlement } from '../stores/samples.ts'
import { linksOf } from './page.ts'
import { openConsole, VIEWER_TOKEN } from './setup.ts'

const AT = '/console/events/1'

/** A console with one event, and somebody who has logged in. */
async function openWith(given: Given, more: Partial<Plan> = {}) {
  const opened = openConsole({ plan: { ...plan, ...more } })
  await accept(opened, 'a', given)
  const browser = opened.browse()
  await browser.logIn()
  const owed = async () =>
    (await opened.store.event({ ref: '1' }))?.deliveries.map(
      ({ sink, state }) => `${sink} ${state}`,
    )
  const audit = async () => (await opened.store.audit({ limit: 9 })).items
  return { ...opened, browser, owed, audit }
}

function plain(markup: string): string {
  const text = markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')
  return text.replaceAll('&quot;', '"').trim()
}

/** What the page says of each sink. */
function outcomesIn(text: string): readonly string[] {
  const [list = ''] = /<ul class="card outcomes">.*?\n<\/ul>/s.exec(text) ?? []
  return list.split('<li>\n<h3>').slice(1).map(plain)
}

test('sink by sink: what became of it, and why', async () => {
  const { browser, store } = await openWith({ owed: ['finance', 'lake', 'gone'] })
  await settleAll(store, 'finance', { state: 'dead', reason: 'HTTP 500' })
  await settleAll(store, 'lake', { state: 'delivered' })
  const { text } = await browser.get(AT)
  expect(outcomesIn(text)).toEqual([
    'finance dead 2023-11-14 22:13:20 1 attempt HTTP 500 all matches Retry',
    'lake delivered 2023-11-14 22:13:20 1 attempt all matches Send again…',
    'gone not in routes.yaml any more pending Waits until the sink is in routes.yaml again. No route leads here. It would not be owed by the routes of now; they were others when it came.',
    'slow not owed reads does not match: operate: "CREATE" is not one of "READ"',
  ])
})

test('what waits says for what, until when, and where that can be ended', async () => {
  const { browser, store, lanes, browse, clock } = await openWith({
    owed: ['finance', 'lake', 'slow'],
  })
  const lane = { pausedBy: [], breakerUntil: null, ready: true, inFlight: 0 } as const
  const rates = { deliveredPerMinute: 0, failedPerMinute: 0 }
  lanes.push({ sink: 'finance', breaker: 'closed', ...lane, ...rates })
  const open = { ...lane, breakerUntil: START + 30_000 }
  lanes.push({ sink: 'lake', breaker: 'open', ...open, ...rates })
  await settleAll(store, 'finance', { state: 'pending', dueAt: START + 600_000 })
  const [finance, lake, slow] = outcomesIn((await browser.get(AT)).text)
  expect(finance).toMatch(/^finance pending healthy Next attempt in 10 min: 2026-11-22 09:40:00/)
  expect(finance).toContain('1 attempt Last error: no answer within 10000 ms')
  expect(lake).toMatch(/^lake pending breaker open until 2026-11-22 09:30:30 More of this sink/)
  expect(slow).toMatch(/^slow pending paused by routes.yaml More of this sink/)
  await pauseSink({ ledger: store, now: () => clock.now, actor: 'cli' }, { sink: 'lake' })
  const { text } = await browser.get(AT)
  expect(outcomesIn(text)[1]).toMatch(/^lake pending paused by an operator Resume…/)
  expect(linksOf(text, 'Resume…')).toEqual(['/console/sinks/lake'])
  const viewer = browse()
  await viewer.logIn(VIEWER_TOKEN)
  expect(linksOf((await viewer.get(AT)).text, 'Resume…')).toEqual([])
})

test('while something is pending the page follows it, and what a form did goes when that has ended', async () => {
  const { browser, store } = await openWith({ owed: ['lake'] })
  const pending = await browser.get(`${AT}?done=retried`)
  expect(pending.text).toContain('It is owed again')
  expect(pending.text.match(/id="(done|outcome)"[^>]*data-refresh="3"/g)).toHaveLength(2)
  await settleAll(store, 'lake', { state: 'delivered' })
  const ended = await browser.get(`${AT}?done=retried`)
  expect(ended.text).not.toContain('It is owed again')
  expect(ended.text).toContain('It has been sent since')
  expect(ended.text).not.toContain('data-refresh')
})

test('routes that have changed since are told of, and lead to what is owed by now', async () => {
  const { browser, owed, audit } = await openWith({ owed: ['lake'] })
  expect(outcomesIn((await browser.get(AT)).text)[1]).toBe(
    'finance not owed all matches It would be owed by the routes of now; they were others when it came. Replay what it has missed since… Send…',
  )
  const page = await browser.get(`${AT}/send?sink=finance`)
  expect(page.text).toContain('It will be owed to finance.')
  const fields = { sink: 'finance', seen: '0' }
  const { status, location } = await browser.submit(`${AT}/send`, fields, `${AT}/send?sink=finance`)
  expect([status, location]).toEqual([303, `${AT}?done=sent`])
  expect(await owed()).toEqual(['lake pending', 'finance pending'])
  expect((await browser.get(`${AT}?done=sent`)).text).toContain('It is owed, and sent at once')
  const request = { event: 'ref:1', sink: 'finance', resend: false }
  expect(await audit()).toMatchObject([
    { actor: 'console admin', action: 'replay', request, outcome: { owed: 1 } },
  ])
})

test('it is sent again once, however often the button is pressed', async () => {
  const { browser, store, owed } = await openWith({ owed: ['lake'] })
  await settleAll(store, 'lake', { state: 'delivered' })
  const page = `${AT}/send?sink=lake`
  expect((await browser.get(page)).text).toMatch(
    /lake was owed this event before.*name="seen" value="1"/s,
  )
  const fields = { sink: 'lake', seen: '1' }
  expect((await browser.submit(`${AT}/send`, fields, page)).location).toBe(`${AT}?done=sent`)
  expect((await browser.submit(`${AT}/send`, fields, page)).location).toBe(`${AT}?done=changed`)
  expect(await owed()).toEqual(['lake delivered', 'lake pending'])
})

test('it is sent to nobody to whom no route leads', async () => {
  const { browser, owed } = await openWith({ owed: ['lake'] })
  const page = await browser.get(`${AT}/send?sink=slow`)
  expect(page.text).toContain('There is nothing to send')
  expect(page.text).not.toContain('class="confirm"')
  const { location } = await browser.submit(`${AT}/send`, { sink: 'slow', seen: '0' }, AT)
  expect(location).toBe(`${AT}?done=nothing`)
  // Only a quarantined one goes wherever its routes lead.
  expect((await browser.get(`${AT}/send`)).text).toContain('There is nothing to send')
  expect(await owed()).toEqual(['lake pending'])
})

test('a dead delivery is retried, one of another event is not', async () => {
  const { browser, store, clock, owed, audit } = await openWith({ owed: ['finance'] })
  await accept({ store, clock }, 'b', { owed: ['finance'] })
  await settleAll(store, 'finance', { state: 'dead', reason: 'HTTP 500' })
  const retry = (delivery: string) => browser.submit(`${AT}/retry`, { delivery }, AT)
  expect((await retry('2')).location).toBe(`${AT}?done=nothing`)
  expect(await owed()).toEqual(['finance dead'])
  expect((await retry('1')).location).toBe(`${AT}?done=retried`)
  expect(await owed()).toEqual(['finance pending'])
  const [last] = await audit()
  expect(last).toMatchObject({ actor: 'console admin', action: 'retry', request: { ids: ['1'] } })
})

test('a quarantined event says why, and goes where its routes lead once it is in order', async () => {
  const odd = { data: { operate: 'DELETE' }, problems: ['operate: must be CREATE or READ'] }
  const still = await openWith(odd)
  const { text } = await still.browser.get(AT)
  expect(text.indexOf('Quarantined')).toBeLessThan(text.indexOf('What became of it'))
  expect(text).toContain('<li>operate: must be CREATE or READ</li>')
  expect(text).not.toContain('/send')
  expect(outcomesIn(text)[0]).toBe('lake not owed As it is quarantined. all matches')
  const fine = await openWith({ problems: ['operate: must be one of READ'] })
  expect((await fine.browser.get(AT)).text).toContain(`href="${AT}/send"`)
  const { location } = await fine.browser.submit(`${AT}/send`, { seen: '0' })
  expect(location).toBe(`${AT}?done=sent`)
  expect(await fine.owed()).toEqual(['lake pending', 'finance pending'])
  expect((await fine.browser.get(AT)).text).not.toContain('Quarantined')
})

test('a viewer sees all of it, and no button', async () => {
  const { browse, store } = await openWith({ owed: ['finance', 'lake'] })
  await settleAll(store, 'finance', { state: 'dead', reason: 'HTTP 500' })
  const browser = browse()
  await browser.logIn(VIEWER_TOKEN)
  const { text } = await browser.get(AT)
  expect(outcomesIn(text)[0]).toContain('finance dead')
  expect(text).not.toMatch(/\/retry|\/send/)
  expect((await browser.get(`${AT}/send?sink=lake`)).status).toBe(403)
  expect((await browser.submit(`${AT}/retry`, { delivery: '1' }, AT)).status).toBe(403)
})

test('what is redacted shows nowhere, all else to the letter', async () => {
  const toOthers = routingOf([{ name: 'others', to: ['lake'], match: { user_id: 'someone-else' } }])
  const redact = createRedaction(['user_id', 'from', 'app_id'])
  const opened = openConsole({ plan: { ...plan, ...toOthers, sinks: plan.sinks, redact } })
  const raw = sampleRaw.replace('1502199207000', '12345678901234567890.10')
  const event = sampleEvent({ id: 'a', raw })
  const owed = [{ sink: 'finance', orderKey: 'b613t51g', claimMs: 0 }]
  const odd = { event: { ...event, id: 'b' }, problems: ['b613t51g is odd'], owed: [] }
  await opened.store.accept([{ event, problems: [], owed }, odd], START)
  const [claimed] = await opened.store.claim({ sink: 'finance', now: START, leaseMs: 1, limit: 1 })
  if (!claimed) throw new Error('nothing was due')
  const { record, ...settled } = settlement(claimed, { state: 'dead', reason: 'no b613t51g' })
  await opened.store.settle([{ ...settled, record: { ...record, response: 'b613t51g <b>' } }])
  const browser = opened.browse()
  await browser.logIn()
  const { text } = await browser.get(AT)
  const quarantined = await browser.get('/console/events/2')
  expect(text + quarantined.text).not.toMatch(/b613t51g|cli_a0000000000000ff|<b>/)
  expect(text).toContain('<code>[redacted]</code>')
  expect(text).toContain('&quot;create_time&quot;: 12345678901234567890.10,')
  expect(quarantined.text).toContain('<li>[redacted]</li>')
  expect(plain(text)).toContain('others does not match: user_id: "[redacted]" is not one of')
})

test('each delivery with its attempts, and the first that succeeded without any', async () => {
  const { browser, store } = await openWith({ owed: ['finance', 'lake', 'slow'] })
  await settleAll(store, 'finance', { state: 'dead', reason: 'HTTP 500' })
  await settleAll(store, 'lake', { state: 'delivered' })
  const { text } = await browser.get(AT)
  const sections = text.split('<section class="card"').slice(1).map(plain)
  expect(sections[0]).toContain('finance, delivery 1 dead')
  expect(sections[0]).toContain('1 2023-11-14 22:13:20 20 ms 200 no answer within 10000 ms')
  expect(sections[1]).toContain('Delivered at the first attempt.')
  expect(sections[2]).toContain('No attempt has ended yet.')
})

test('of many routes to a sink the first are shown, the others can be', async () => {
  const many = Array.from({ length: 30 }, (_, n) => {
    return { name: `r${n}`, to: ['lake'], match: { operate: 'READ' } }
  })
  const { browser } = await openWith({}, { ...routingOf(many), sinks: plan.sinks })
  const { text } = await browser.get(AT)
  expect(text).toContain('<summary>26 more routes</summary>')
  expect((await browser.get(`${AT}?sink=lake`)).text).not.toContain('more routes')
})

/** A console of thirty sinks, `team-0` to `team-29`; three would get the event, and two were owed it. */
async function openWithMany() {
  const many = Array.from({ length: 30 }, (_, n) => {
    return { name: `r${n}`, to: [`team-${n}`], match: { operate: n < 3 ? 'CREATE' : 'READ' } }
  })
  const routing = routingOf(many)
  const [some] = plan.sinks.values()
  if (!some) throw new Error('the plan has no sinks')
  const sinks = new Map([...routing.sinks.keys()].map((name) => [name, { ...some, name }]))
  return openWith({ owed: ['team-0', 'team-1'] }, { ...routing, sinks })
}

function namesIn(text: string): readonly (string | undefined)[] {
  return [...text.matchAll(/>(team-\d+)<\/a><\/h3>/g)].map(([, name]) => name)
}

test('of many sinks those that were not owed it are folded, by name', async () => {
  const { browser } = await openWithMany()
  const { text } = await browser.get(AT)
  const [told = '', folded = ''] = text.split('<summary>Why it was not owed to 27 other sinks')
  expect(namesIn(told)).toEqual(['team-0', 'team-1', 'team-2'])
  expect(namesIn(folded)).toHaveLength(27)
  expect(namesIn(folded)).toEqual([...namesIn(folded)].sort())
})

test('of many sinks the one that is asked about comes first, and nothing of it is folded', async () => {
  const { browser } = await openWithMany()
  expect((await browser.get(AT)).text).toContain('<option value="team-17">team-17</option>')
  const { text } = await browser.get(`${AT}?sink=team-17`)
  const [told = '', folded = ''] = text.split('<summary>Why it was not owed to 26 other sinks')
  expect(namesIn(told)).toEqual(['team-17', 'team-0', 'team-1', 'team-2'])
  expect(namesIn(folded)).not.toContain('team-17')
  expect(outcomesIn(text)[0]).toBe(
    'team-17 not owed r17 does not match: operate: "CREATE" is not one of "READ"',
  )
  expect(text).toContain('<option value="team-17" selected>')
  // One that is not there changes nothing.
  expect(namesIn((await browser.get(`${AT}?sink=nobody`)).text)[0]).toBe('team-0')
})

test('a body of half a million lines is cut', async () => {
  const opened = openConsole()
  const raw = `{"uuid":"a","event":{"x":${'['.repeat(5000)}${']'.repeat(5000)}}}`
  await opened.store.accept([{ event: sampleEvent({ raw }), problems: [], owed: [] }], START)
  const browser = opened.browse()
  await browser.logIn()
  const { text } = await browser.get(AT)
  expect(text).toContain('These are its first 2,000 lines')
  expect(text.length).toBeLessThan(300_000)
})

test('an id that is the ref of another event leads nobody astray', async () => {
  const { browser, store, clock, owed } = await openWith({ owed: ['lake'] })
  await settleAll(store, 'lake', { state: 'dead', reason: 'HTTP 500' })
  await accept({ store, clock }, '1', { owed: ['finance'], data: { operate: 'READ' } })
  for (const path of [AT, '/console/routes?ref=1']) {
    expect((await browser.get(path)).text).toContain('&quot;uuid&quot;: &quot;a&quot;')
  }
  const [dead = ''] =
    /<tbody>.*<\/tbody>/s.exec((await browser.get('/console/dead?sink=lake')).text) ?? []
  expect(plain(dead)).toContain('approval_cc CREATE a')
  await browser.submit(`${AT}/retry`, { delivery: '1' }, AT)
  expect(await owed()).toEqual(['lake pending'])
})

test.for(['/console/events/99', '/console/events/99/send?sink=lake'])(
  '%s: no such event',
  async (path) => {
    const { browser } = await openWith({})
    expect((await browser.get(path)).status).toBe(404)
  },
)
