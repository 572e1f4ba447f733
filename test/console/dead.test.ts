import { expect, test } from 'vitest'
import { createRedaction } from '../../src/core/redact.ts'
import { settleAll } from '../core/operations/setup.ts'
import { plan } from '../http/api/setup.ts'
import { acceptance, LEASE, settlement } from '../stores/samples.ts'
import { linksOf, rowsOf } from './page.ts'
import { type Options, openConsole, VIEWER_TOKEN } from './setup.ts'

/** A console over dead letters: each `<event> <sink> <reason>`, the oldest first. */
async function setup(dead: readonly string[], options?: Options) {
  const opened = openConsole(options)
  const { store, clock } = opened
  for (const [n, one] of dead.entries()) {
    const [id = '', sink = '', ...reason] = one.split(' ')
    await store.accept([acceptance(id, { owed: [sink] })], clock.now - 60_000 + n)
    await settleAll(store, sink, { state: 'dead', reason: reason.join(' ') })
  }
  const browser = opened.browse()
  await browser.logIn()
  const owed = async (sink: string) =>
    (await store.deliveries({ sink, state: 'pending', limit: 100 })).items.map((one) => one.eventId)
  return { ...opened, browser, owed }
}

const DEAD = [
  'a lake HTTP 500',
  'b lake no user ou_11111111111',
  'c lake no user ou_22222222222',
  'd finance HTTP 500',
  'e lake <b>boom</b>',
]

test('dead letters are told by sink and reason, an id apart, and one by one', async () => {
  const { browser } = await setup(DEAD)
  const { text } = await browser.get('/console/dead')
  expect(text).toContain('5 in all.')
  expect(rowsOf(text).map((row) => row.replace(/ 20\d\d-.*/, ''))).toEqual([
    '2 lake no user ou_22222222222',
    '1 lake &lt;b&gt;boom&lt;/b&gt;',
    '1 lake HTTP 500',
    '1 finance HTTP 500',
  ])
  expect(linksOf(text, 'lake: 4')).toEqual(['/console/dead?sink=lake'])
  expect(linksOf(text, 'finance: 1')).toEqual(['/console/dead?sink=finance'])
  expect(rowsOf(text, 1)[0]).toMatch(
    /^approval_cc CREATE e e lake 2023-11-14 22:13:20 1 200 &lt;b&gt;boom&lt;\/b&gt; Retry$/,
  )
  expect(text).not.toContain('<b>boom')
})

test('one, some, or all of a filter are owed again, and the audit knows by whom', async () => {
  const { browser, owed, store } = await setup(DEAD)
  const [first] = (await store.deliveries({ sink: 'finance', limit: 1 })).items
  const one = await browser.submit(
    '/console/dead/retry',
    { only: first?.id ?? '' },
    '/console/dead',
  )
  expect([one.status, one.location]).toEqual([303, '/console/dead?done=retried&count=1'])
  expect((await browser.get(one.location ?? '')).text).toContain('Owed again: 1.')
  expect(await owed('finance')).toEqual(['d'])

  const { items } = await store.deliveries({ sink: 'lake', limit: 2 })
  const chosen = Object.fromEntries(items.map(({ id }) => [`id.${id}`, 'on']))
  await browser.submit('/console/dead/retry', { ...chosen, sink: 'lake' }, '/console/dead')
  expect(await owed('lake')).toEqual(['e', 'c'])

  const path = '/console/dead/retry?sink=lake'
  expect((await browser.get(path)).text).toContain('<strong>Owed again: 2</strong>, to lake.')
  const all = await browser.submit('/console/dead/retry', { all: '1', sink: 'lake' }, path)
  expect(all.location).toBe('/console/dead?sink=lake&done=retried&count=2')
  expect(await owed('lake')).toEqual(['e', 'c', 'b', 'a'])
  const { items: audit } = await store.audit({ limit: 10 })
  expect(audit.map(({ actor, outcome }) => [actor, outcome])).toEqual([
    ['console admin', { retried: 2 }],
    ['console admin', { retried: 2 }],
    ['console admin', { retried: 1 }],
  ])
})

test('nothing chosen is nothing done, and said', async () => {
  const { browser, owed } = await setup(DEAD)
  const { location } = await browser.submit('/console/dead/retry', {}, '/console/dead')
  expect((await browser.get(location ?? '')).text).toContain('None was owed again')
  expect(await owed('lake')).toEqual([])
})

test('all that died of one reason are listed, counted and owed again, and no others', async () => {
  const { browser, owed } = await setup(DEAD)
  const { text } = await browser.get('/console/dead')
  const [kind = ''] = linksOf(text, 'no user ou_22222222222')
  const list = (await browser.get(kind)).text
  expect(rowsOf(list).map((row) => row.split(' ')[2])).toEqual(['c', 'b'])
  expect(list).toContain('<strong>no user ou_22222222222</strong>')
  const [confirm = ''] = linksOf(list, 'Retry all that match…')
  expect((await browser.get(confirm)).text).toContain('Owed again: 2')
  const fields = { all: '1', ...Object.fromEntries(new URL(confirm, 'http://x').searchParams) }
  await browser.submit('/console/dead/retry', fields, confirm)
  expect(await owed('lake')).toEqual(['c', 'b'])
})

test('a reason that is rare is found as far as one page looks, and then on', async () => {
  const { browser, store, clock } = await setup(['rare lake boom', 'other lake HTTP 500'])
  await storm({ store, clock }, 'lake', 3100)
  const { text } = await browser.get('/console/dead')
  expect(text).toContain('Of the newest 300 of each sink')
  expect(rowsOf(text)).toHaveLength(1)
  const code = await codeIn(browser, '/console/dead?until=2026-11-22T09:29:30', 'boom')
  const first = (await browser.get(`/console/dead?reason=${code}`)).text
  expect(first).toContain('Looked through those that were owed since')
  expect(rowsOf(first)).toEqual([])
  let page = first
  while (rowsOf(page).length === 0) page = (await browser.get(linksOf(page, 'Older')[0] ?? '')).text
  expect(rowsOf(page)[0]).toContain('rare')
})

/** Many that die of one reason. */
async function storm(
  { store, clock }: Pick<Awaited<ReturnType<typeof setup>>, 'store' | 'clock'>,
  sink: string,
  count: number,
) {
  const batch = Array.from({ length: count }, (_, n) => acceptance(`e${n}`, { owed: [sink] }))
  await store.accept(batch, clock.now)
  const query = { sink, now: clock.now + 1, leaseMs: LEASE, limit: count }
  const claimed = await store.claim(query)
  const reason = { state: 'dead', reason: 'HTTP 500' } as const
  await store.settle(claimed.map((one) => settlement(one, reason)))
}

test('a count that is not of all says so, where it stands and where it is retried', async () => {
  const { browser, ...more } = await setup(['rare lake boom'])
  await storm(more, 'lake', 1100)
  const { text } = await browser.get('/console/dead')
  expect(rowsOf(text)[0]).toMatch(/^≥ 300 lake HTTP 500 .* Retry ≥ 300…$/)
  expect(text).toContain('aria-label="Retry ≥ 300… of lake: HTTP 500"')
  const few = await setup(['rare lake boom'])
  expect(rowsOf((await few.browser.get('/console/dead')).text)[0]).toMatch(/^1 lake .* Retry 1…$/)
})

test('a storm at one sink hides no other, nor its reasons', async () => {
  const { browser, ...more } = await setup(['a finance HTTP 422', 'b slow HTTP 403'])
  await storm(more, 'lake', 1100)
  const { text } = await browser.get('/console/dead')
  const [top, finance, slow] = rowsOf(text)
  expect(top).toMatch(/^≥ \d+ lake HTTP 500/)
  expect([finance, slow].sort()).toEqual([
    expect.stringMatching(/^1 finance HTTP 422/),
    expect.stringMatching(/^1 slow HTTP 403/),
  ])
  expect(linksOf(text, 'lake: 1,100')).toEqual(['/console/dead?sink=lake'])
  expect(linksOf(text, 'finance: 1')).toEqual(['/console/dead?sink=finance'])
})

test('reasons beyond the most frequent are folded, and can be retried as well', async () => {
  const words = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN'.split('')
  const { browser } = await setup(words.map((word, n) => `e${n} lake reason-${word}`))
  const { text } = await browser.get('/console/dead')
  expect(rowsOf(text)).toHaveLength(12)
  expect(text).toContain('<summary>28 more reasons: 28</summary>')
  expect(rowsOf(text, 1)).toHaveLength(25)
  expect(text).toContain('And 3 more.')
})

test('how often it was tried makes no other reason, and what the receiver said is shown', async () => {
  const { browser, store, clock } = await setup([
    'a lake gave up after 3 attempts: HTTP 422',
    'b lake gave up after 1 attempt: HTTP 422',
  ])
  await store.accept([acceptance('c')], clock.now)
  const query = { sink: 'lake', now: clock.now + 1, leaseMs: LEASE, limit: 1 }
  const [claimed] = await store.claim(query)
  if (!claimed) throw new Error('c is not owed')
  const outcome = { state: 'dead', reason: 'gave up after 12 attempts: HTTP 422' } as const
  const { record, ...settled } = settlement(claimed, outcome)
  const response = `{"error":\n"no <b>cost centre</b> for c${'.'.repeat(500)}"}`
  await store.settle([{ ...settled, record: { ...record, response } }])
  const { text } = await browser.get('/console/dead')
  expect(rowsOf(text)).toEqual([expect.stringMatching(/^3 lake gave up: HTTP 422 /)])
  expect(rowsOf(text)[0]).toMatch(/{&quot;error&quot;: &quot;no &lt;b&gt;cost centre.{100,200}… 20/)
  expect(rowsOf(text, 1)[0]).toContain('no &lt;b&gt;cost centre&lt;/b&gt; for c')
})

async function codeIn(
  browser: Awaited<ReturnType<typeof setup>>['browser'],
  path: string,
  reason: string,
): Promise<string> {
  const [link = ''] = linksOf((await browser.get(path)).text, reason)
  return new URL(link, 'http://x').searchParams.get('reason') ?? ''
}

test('deep pages go on where the one before ends', async () => {
  const { browser } = await setup(Array.from({ length: 30 }, (_, n) => `e${n} lake HTTP 500`))
  const first = (await browser.get('/console/dead?sink=lake')).text
  const [older = ''] = linksOf(first, 'Older')
  expect(older).toMatch(/^\/console\/dead\?sink=lake&cursor=/)
  const second = (await browser.get(older)).text
  expect(rowsOf(second)).toHaveLength(5)
  expect(linksOf(second, 'Newest')).toEqual(['/console/dead?sink=lake'])
  expect((await browser.get('/console/dead?cursor=nonsense')).status).toBe(400)
})

test('what is redacted does not show in a reason', async () => {
  const redacted = { ...plan, redact: createRedaction(['instance_code']) }
  const { browser } = await setup(['secret-code lake no room for secret-code'], { plan: redacted })
  const { text } = await browser.get('/console/dead')
  expect(rowsOf(text, 1)[0]).toContain(' 200 [redacted] Retry')
  expect(text).not.toContain('no room for')
})

test('a reason is told as the API tells it, where its event is gone', async () => {
  const redacted = { ...plan, redact: createRedaction(['instance_code']) }
  const { store, browser } = await setup(['secret-code lake no room'], { plan: redacted })
  store.event = async () => null
  expect((await browser.get('/console/dead')).text).not.toContain('no room')
})

test('a viewer sees all and can change nothing', async () => {
  const { browse, owed } = await setup(DEAD)
  const viewer = browse()
  await viewer.logIn(VIEWER_TOKEN)
  const { text } = await viewer.get('/console/dead')
  expect(rowsOf(text, 1)).toHaveLength(5)
  expect(text).not.toMatch(/<form[^>]*retry|checkbox|Retry/)
  const { status } = await viewer.submit('/console/dead/retry', { all: '1' }, '/console/dead')
  expect(status).toBe(403)
  expect((await viewer.get('/console/dead/retry')).status).toBe(403)
  expect(await owed('lake')).toEqual([])
})

test('where nothing has died, that is said, in both languages', async () => {
  const { browser } = await setup([])
  expect((await browser.get('/console/dead')).text).toContain('nothing has been given up')
  expect((await browser.get('/console/dead?sink=lake')).text).toContain('No dead letter matches.')
  expect((await browser.get('/console/dead?lang=zh')).text).toContain('没有死信')
})

test.for(['2026-11-24', '2026-11-22T09:30:00+08:00', 'yesterday'])(
  'a time that cannot be read (%s) leaves out no filter: nothing is shown, counted or retried',
  async (since) => {
    const { browser, owed } = await setup(DEAD)
    const query = new URLSearchParams({ since })
    for (const path of ['/console/dead', '/console/dead/retry']) {
      const { status, text } = await browser.get(`${path}?${query}`)
      expect([path, status]).toEqual([path, 400])
      expect(text).toContain('since: must be a time such as 2026-11-22T09:30:00Z')
    }
    const form = { since, all: '1' }
    const { status } = await browser.submit('/console/dead/retry', form, '/console/dead/retry')
    expect(status).toBe(400)
    expect(await owed('lake')).toEqual([])
  },
)
