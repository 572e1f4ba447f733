import { expect, test } from 'vitest'
import { createRedaction } from '../../src/core/redact.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { START, settleAll } from '../core/operations/setup.ts'
import { plan } from '../http/api/setup.ts'
import { acceptance, MINUTE, settlement, type Wish } from '../stores/samples.ts'
import { type Options, openConsole } from './setup.ts'

/** A console with events, one a minute, and somebody who has logged in. */
async function openWith(events: Readonly<Record<string, Wish>>, options: Options = {}) {
  const opened = openConsole(options)
  for (const [id, wish] of Object.entries(events)) {
    await opened.store.accept([acceptance(id, wish)], opened.clock.now)
    opened.clock.now += MINUTE
  }
  const browser = opened.browse()
  await browser.logIn()
  return { ...opened, browser }
}

/** The refs of the rows, from the first on. */
function refsIn(text: string): readonly string[] {
  return [...text.matchAll(/<tr id="event-(\d+)"/g)].map(([, ref = '']) => ref)
}

const SOME = {
  a: {},
  b: { problems: ['operate: must be CREATE or READ'], via: 'second' },
  c: { type: 'leave_approval', via: 'second' },
  d: { problems: ['odd'] },
} satisfies Record<string, Wish>

test.for<[query: string, refs: string[]]>([
  ['', ['4', '3', '2', '1']],
  ['?q=&type=&source=&state=&since=&until=', ['4', '3', '2', '1']],
  // As alerts link to it.
  ['?state=quarantined&source=second', ['2']],
  ['?state=accepted', ['3', '1']],
  ['?state=odd', ['4', '3', '2', '1']],
  ['?type=leave_approval', ['3']],
  ['?since=2026-11-22T09:31', ['4', '3', '2']],
  ['?since=2026-11-22T09:31&until=2026-11-22T09:32:00', ['2']],
  ['?type=nothing', []],
])('the list, newest first: %s', async ([query, refs]) => {
  const { browser } = await openWith(SOME)
  const { status, text } = await browser.get(`/console/events${query}`)
  expect([status, refsIn(text)]).toEqual([200, refs])
  if (refs.length === 0) expect(text).toContain('Nothing is found.')
})

test('a time that cannot be read leaves out no filter', async () => {
  const { browser } = await openWith(SOME)
  for (const path of ['/console/events', '/console/stream']) {
    const { status, text } = await browser.get(`${path}?until=yesterday`)
    expect([path, status]).toEqual([path, 400])
    expect(text).toContain('until: must be a time such as 2026-11-22T09:30:00Z')
  }
})

test('fields keep what was asked for, also what routes.yaml knows no more', async () => {
  const { browser } = await openWith(SOME)
  const query = '?q=%22x%3C&source=gone&state=quarantined&until=2026-11-22T09:31'
  const { text } = await browser.get(`/console/events${query}`)
  expect(text).toContain('type="search" value="&quot;x&lt;"')
  expect(text).toContain('<option value="gone" selected>')
  expect(text).toContain('<option value="quarantined" selected>')
  expect(text).toContain('value="2026-11-22T09:31:00"')
})

test('the id of one event leads straight to it', async () => {
  const { browser } = await openWith(SOME)
  const { status, location } = await browser.get('/console/events?q=%20b%20')
  expect([status, location]).toEqual([303, '/console/events/2'])
})

test('of an instance all events are found, of an id that two apps use both', async () => {
  const data = { instance_code: 'I-7', operate: 'CREATE' }
  const { browser } = await openWith({ a: { data }, b: { data }, c: {} })
  expect(refsIn((await browser.get('/console/events?q=I-7')).text)).toEqual(['2', '1'])
  const two = await openWith({ a: {} })
  await two.store.accept([acceptance('a', { appId: 'cli_b' })], two.clock.now)
  const { text } = await two.browser.get('/console/events?q=a')
  expect(refsIn(text)).toEqual(['2', '1'])
})

test('page by page, back to the newest, and never live but on the first', async () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`e${n}`, {}]))
  const { browser } = await openWith(many)
  const first = await browser.get('/console/events?source=feishu')
  expect(refsIn(first.text)).toHaveLength(50)
  expect(first.text).toContain('data-stream="/console/stream?source=feishu&amp;after=60"')
  const older = /href="([^"]+)" rel="next"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const second = await browser.get(older)
  expect(refsIn(second.text)).toEqual(Array.from({ length: 10 }, (_, n) => String(10 - n)))
  expect(second.text).not.toContain('data-stream')
  expect(second.text).toContain('<a href="/console/events?source=feishu" rel="first">')
  const past = await browser.get('/console/events?until=2030-01-01T00:00')
  expect(past.text).not.toContain('data-stream')
  expect((await browser.get('/console/events?cursor=x')).status).toBe(400)
})

test('a search that stops to take breath says how far it has looked', async () => {
  const store = openMemoryStore()
  const short: typeof store = {
    ...store,
    events: (query) => store.events({ ...query, limit: Math.min(query.limit, 2) }),
  }
  const { browser } = await openWith(SOME, { store: short })
  const { text } = await browser.get('/console/events')
  expect(refsIn(text)).toEqual(['4', '3'])
  expect(text).toMatch(/looked back to <time datetime="2026-11-22T09:31:00.000Z">/)
  expect((await browser.get('/console/events?cursor=3')).text).not.toContain('looked back')
})

test('before anything has come it says so, and is live', async () => {
  const { browser } = await openWith({})
  const { text } = await browser.get('/console/events')
  expect(text).toContain('No event has come yet.')
  expect(text).toContain('data-stream="/console/stream?after=0"')
})

/** Of which deliveries have ended, and others not. */
async function openEnded() {
  const owed = ['lake', 'finance', 'slow']
  const opened = await openWith({
    mixed: { owed },
    fine: { owed: ['lake', 'finance'] },
    nobody: { owed: [] },
    odd: { owed: [], problems: ['odd'] },
  })
  const dead = { state: 'dead', reason: 'HTTP 400' } as const
  const claim = { now: opened.clock.now, leaseMs: MINUTE }
  const [first, second] = await opened.store.claim({ ...claim, sink: 'lake', limit: 2 })
  const finance = await opened.store.claim({ ...claim, sink: 'finance', limit: 2 })
  if (!first || !second) throw new Error('two were due')
  const delivered = [second, ...finance].map((one) => settlement(one))
  await opened.store.settle([settlement(first, dead), ...delivered])
  return opened
}

/** What the rows say has become of their events, from the first on. */
function outcomesIn(text: string): readonly string[] {
  const cells = [...text.matchAll(/<td>(<a class="outcome".*?)<\/td>/g)]
  return cells.map(([, cell = '']) =>
    cell
      .replaceAll(/<[^>]*>/g, ' ')
      .trim()
      .replaceAll(/ +/g, ' '),
  )
}

test.for<[language: string, outcomes: string[]]>([
  ['en', ['quarantined odd', 'no deliveries', '2 delivered', '1 dead 1 pending 1 delivered']],
  ['zh', ['已隔离 odd', '无投递', '已投递 2', '死信 1 待投递 1 已投递 1']],
])('each says what has become of it, in words, and leads there: %s', async ([lang, outcomes]) => {
  const { browser } = await openEnded()
  await browser.get(`/console?lang=${lang}`)
  for (const path of ['/console/events', '/console']) {
    const { text } = await browser.get(path)
    expect(outcomesIn(text)).toEqual(outcomes)
    for (const ref of ['1', '2', '3', '4'])
      expect(text).toContain(`<a class="outcome" href="/console/events/${ref}#outcome">`)
  }
})

test('rows are text and of one size, whatever events hold', async () => {
  const data = { instance_code: `<b>${'x'.repeat(10_000)}`, operate: 'A\u202eB', approval_code: {} }
  const { browser } = await openWith({ ['y'.repeat(10_000)]: { data, problems: ['<i>'] } })
  const { text } = await browser.get('/console/events')
  expect(text).toContain(`<code>&lt;b&gt;${'x'.repeat(37)}…</code>`)
  expect(text).toContain('A\\u202eB')
  expect(text).toContain('<small>&lt;i&gt;</small>')
  expect(text).not.toMatch(/<b>|<i>|y{50}/)
})

/** What one who watches has been told; a newcomer makes the gateway look. */
async function watch({ admin, browser }: Awaited<ReturnType<typeof openWith>>, query: string) {
  const ask = (path: string) => {
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
    return admin.request(path, { headers: { cookie } })
  }
  const answer = await ask(`/console/stream${query}`)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  await reader?.read()
  return async () => {
    await (await ask('/console/stream')).body?.cancel()
    return (await reader?.read())?.value ?? ''
  }
}

test('what comes is told as rows, of the events that the list would have', async () => {
  const redacting = { ...plan, redact: createRedaction(['instance_code']) }
  const opened = await openWith({ before: {} }, { plan: redacting })
  const told = await watch(opened, '?state=quarantined&source=feishu')
  const data = { instance_code: 'I-7777', approval_code: 'A\r\ndata: <b>', operate: 'CREATE' }
  const wishes = { fine: {}, odd: { problems: ['I-7777 is odd'], data }, far: { via: 'second' } }
  for (const [id, wish] of Object.entries(wishes))
    await opened.store.accept([acceptance(id, wish)], START)
  const text = await told()
  expect(text.split('\n\n')).toHaveLength(2)
  expect(text).toMatch(/^id: 3\nevent: row\ndata: <tr id="event-3"/)
  const lines = text.trim().split('\n').slice(2)
  expect(lines.every((line) => line.startsWith('data: '))).toBe(true)
  expect(text).toContain('A\\u000d\\u000adata: &lt;b&gt;')
  expect(text).toContain('<small>[redacted]</small>')
  expect(text).not.toContain('I-7777')
  const list = await opened.browser.get('/console/events?state=quarantined&source=feishu')
  const drawn = lines.map((line) => line.slice(6)).join('\n')
  expect(list.text).toContain(drawn)
})

test('a row is told with what has become of it, and what becomes of it from then on', async () => {
  const opened = await openWith({ before: {} })
  const told = await watch(opened, '?source=feishu')
  await opened.store.accept([acceptance('new', { owed: ['lake', 'finance'] })], START)
  const first = await told()
  expect(first).toMatch(/^id: 2\nevent: row\ndata: <tr id="event-2" /)
  expect(outcomesIn(first)).toEqual(['2 pending'])
  await settleAll(opened.store, 'lake', { state: 'dead', reason: 'HTTP 400' })
  await opened.store.accept([acceptance('far', { via: 'second' })], START)
  const second = (await told()).split('\n\n')
  expect(second).toEqual([
    expect.stringMatching(/^event: outcome\ndata: <tr id="event-1"><td/),
    expect.stringMatching(/^event: outcome\ndata: <tr id="event-2"><td/),
    '',
  ])
  expect(outcomesIn(second.join())).toEqual(['1 dead', '1 dead 1 pending'])
  const cell = /<td>.*<\/td>/.exec(second[1] ?? '')?.[0] ?? 'none'
  expect((await opened.browser.get('/console/events')).text).toContain(cell)
})

test('one that is quarantined no longer says so, also where only quarantined ones are listed', async () => {
  const opened = await openWith({ odd: { problems: ['odd'], owed: [] } })
  const told = await watch(opened, '?state=quarantined')
  const cleared = { ref: '1', cleared: true, owed: [{ sink: 'lake', orderKey: null }] }
  await opened.store.owe([cleared], { resend: false, dryRun: false, now: START })
  expect(outcomesIn(await told())).toEqual(['1 pending'])
})

test('who begins to watch is told what has become of the newest since their page was made', async () => {
  const opened = await openWith({ a: {}, b: {}, far: { via: 'second' } })
  const watched = await watch(opened, '?source=feishu&after=2')
  await opened.store.accept([acceptance('new')], START)
  const text = await watched()
  expect(text).toMatch(/^(event: outcome\ndata: <tr id="event-[12]">.*\n\n){2}$/)
  expect(outcomesIn(text)).toEqual(['1 pending', '1 pending'])
})

test('who has not logged in is told nothing', async () => {
  const { status, location } = await openConsole().browse().get('/console/stream')
  expect([status, location]).toEqual([303, '/console/login?next=%2Fconsole%2Fstream'])
})
