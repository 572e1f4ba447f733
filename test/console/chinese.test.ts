import type { Hono } from 'hono'
import { expect, test } from 'vitest'
import { discard } from '../../src/core/operations/discard.ts'
import { pauseSink } from '../../src/core/operations/pause-sink.ts'
import type { Plan } from '../../src/core/plan.ts'
import { accept, routingOf, settleAll } from '../core/operations/setup.ts'
import { plan as anyPlan } from '../http/api/setup.ts'
import { rowsOf } from './page.ts'
import { openConsole } from './setup.ts'
import { isAt, linksIn, pathsOf } from './walk.ts'

const ROUTES = [
  { name: 'all', to: ['lake', 'finance'] },
  { name: 'off', to: ['slow'], enabled: false },
  { name: 'elsewhere', to: ['slow'], from: ['lark'] },
  { name: 'value', to: ['slow'], match: { operate: ['READ', 'DELETE'] } },
  { name: 'absent', to: ['slow'], match: { nothing: ['x'] } },
  { name: 'present', to: ['slow'], match: { user_id: [{ exists: false }] } },
  { name: 'case', to: ['slow'], match: { user_id: [{ suffix: { 'equals-ignore-case': 'A' } }] } },
  { name: 'but', to: ['slow'], match: { operate: [{ 'anything-but': ['CREATE', 'READ'] }] } },
  { name: 'number', to: ['slow'], match: { user_id: [{ numeric: ['>', 0, '<=', 5] }] } },
  { name: 'many', to: ['slow'], match: { operate: ['A', 'B', 'C', 'D', 'E', 'F', 'G'] } },
  {
    name: 'apart',
    to: ['slow'],
    match: { list: { a: [1], b: [1] } },
  },
]

const plan: Plan = {
  ...anyPlan,
  ...routingOf(ROUTES),
  sinks: anyPlan.sinks,
  alerts: { to: ['slow'], events: ['delivery.dead', 'breaker.opened'], everyMs: 60_000 },
  sources: [
    {
      ...{ name: 'feishu', path: '/in', events: ['approval_cc'], source: {}, fingerprint: '' },
      accepts: (type) => type === 'approval_cc',
    },
    {
      ...{ name: 'long', path: undefined, events: '*', fingerprint: '' },
      source: { connected: () => false },
      accepts: () => true,
    },
  ],
  preview: async (sink, event) => {
    if (sink === 'finance') throw new Error('its transform takes too long')
    return event.raw
  },
}

/** On which every page has something to say. */
async function openBusy() {
  const opened = openConsole({ plan })
  const { store, clock, lanes } = opened
  await accept(opened, 'a', { owed: ['lake', 'finance', 'slow', 'gone'] })
  await settleAll(store, 'finance', { state: 'dead', reason: 'gave up after 3 attempts: HTTP 500' })
  await settleAll(store, 'lake', { state: 'delivered' })
  await accept(opened, 'q', { problems: ['operate: must be one of CREATE, READ'] })
  await accept(opened, '', { problems: ['uuid (v1) or header.event_id (v2): is required'] })
  await accept(opened, 'b', { owed: ['finance', 'lake'] })
  await settleAll(store, 'finance', { state: 'dead', reason: 'timed out' })
  await accept(opened, 'c', { owed: ['finance', 'lake'] })
  await settleAll(store, 'lake', { state: 'pending', dueAt: clock.now + 60_000 })
  const operator = { ledger: store, now: () => clock.now, actor: 'cli' }
  await discard(operator, { sink: 'finance' })
  await pauseSink(operator, { sink: 'finance' })
  const lane = { pausedBy: [], ready: true, inFlight: 0, deliveredPerMinute: 0, failedPerMinute: 0 }
  lanes.push({ sink: 'lake', breaker: 'open', breakerUntil: clock.now + 30_000, ...lane })
  clock.now += 1000
  const browser = opened.browse()
  await browser.logIn()
  await browser.get('/console?lang=zh')
  return { ...opened, admin: opened.admin as Hono, browser }
}

/** Runs of words in Latin letters, outside of data: what an English sentence would be seen by. */
function sentencesIn(page: string): readonly string[] {
  const labels = [...page.matchAll(/ (?:aria-label|title|placeholder)="([^"]*)"/g)]
  const markup = page.replaceAll(/<(code|pre|textarea|script)\b.*?<\/\1>/gs, '')
  const texts = [...markup.split(/<[^>]*>/), ...labels.map(([, label = '']) => label)]
  return texts.flatMap((text) => {
    const plain = text.replaceAll(/&\w+;/g, '"')
    return plain.match(/[A-Za-z][\w'’-]*(?:,? [A-Za-z][\w'’-]*){2,}/g) ?? []
  })
}

test('no page in Chinese has an English sentence', async () => {
  const { admin, browser } = await openBusy()
  const queue = ['/console', ...[1, 2, 3, 4, 5].map((ref) => `/console/events/${ref}`)]
  const found: [address: string, sentence: string][] = []
  for (const address of queue) {
    const { text } = await browser.get(address)
    for (const sentence of sentencesIn(text)) found.push([address, sentence])
    queue.push(...linksIn(text).filter((link) => !queue.includes(link)))
  }
  expect(found).toEqual([])
  const pages = pathsOf(admin, 'GET').filter((path) => /^\/console(?!\/(assets|stream))/.test(path))
  const unseen = pages.filter((path) => !queue.some((address) => isAt(path, address)))
  expect(unseen).toEqual(['/console/login'])
})

test('such a sentence would be found', async () => {
  const { browser } = await openBusy()
  await browser.get('/console?lang=en')
  const { text } = await browser.get('/console/events/1')
  expect(sentencesIn(text)).toEqual(
    expect.arrayContaining(['Try it on the routes page', 'is not one of', 'gave up after']),
  )
})

test('why each route does not match', async () => {
  const { browser } = await openBusy()
  const event = {
    type: 'approval_cc',
    operate: 'CREATE',
    user_id: 'ou_1',
    list: [{ a: 1 }, { b: 1 }],
  }
  const { text } = await browser.submit('/console/routes', { event: JSON.stringify(event) })
  const rows = rowsOf(text).map((row) => plain(row))
  const expected = [
    'all 匹配',
    'off 未启用 未启用',
    'elsewhere 来源 lark 只接受来自 lark 的事件',
    'value operate: "CREATE" 不等于 "READ", "DELETE"',
    'absent nothing: 字段不存在',
    'present user_id: "ou_1" 应不存在',
    'case user_id: "ou_1" 不符合 suffix "A" (忽略大小写)',
    'but operate: "CREATE" 不符合 anything-but "CREATE", "READ"',
    'number user_id: "ou_1" 不符合 numeric > 0, <= 5',
    'many operate: "CREATE" 不等于 "A", "B", "C", "D", "E", 另有 2 个',
    'apart list.a, list.b: 各自都匹配，但不在列表的同一元素中',
  ]
  expect(rows.map((row, at) => row.slice(0, expected[at]?.length))).toEqual(expected)
  const other = await browser.submit('/console/routes', { event: '{"type":"im.message"}' })
  expect(plain(other.text)).toContain('没有来源接受类型 "im.message"')
  expect(plain((await browser.get('/console/events/1')).text)).toContain(
    '不匹配：operate: "CREATE" 不等于',
  )
})

function plain(markup: string): string {
  const text = markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').trim()
}

const tooDeep = `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`

test.each([
  ['{"a": <', '不是 JSON：第 1 行，第 7 列'],
  ['[1]', '事件必须是 JSON 对象'],
  ['{}', '请填写事件'],
  ['{"encrypt":"x"}', '已加密，请先解密回调'],
  [tooDeep, '事件嵌套超过 1000 层。'],
  [
    '{"schema":"3","header":{"event_type":"approval_cc"},"event":{"operate":"READ"}}',
    'schema: 应为 2.0',
  ],
  ['{"type":"approval_cc","operate":"READ"}', 'transform 出错: 耗时过长'],
])('what is wrong with an event that is tried: %#', async (event, expected) => {
  const { browser } = await openBusy()
  const { text } = await browser.submit('/console/routes', { event })
  expect(plain(text)).toContain(expected)
  expect(sentencesIn(text)).toEqual([])
})

test.each([
  ['/console/nothing', 404, '此地址没有页面。'],
  ['/console/events/99', 404, '该事件已不存在'],
  ['/console/routes?ref=99', 404, '没有这个已存储的事件。'],
  ['/console/sinks/lakes', 404, '没有接收方 &quot;lakes&quot;，是否为 &quot;lake&quot;？'],
  ['/console/dead?cursor=nonsense', 400, '翻页位置无效，请从第一页重新查看'],
  ['/console/sinks/lake/pause', 405, '此地址只接受 POST。'],
])('what cannot be shown: %s', async (address, expected, said) => {
  const { browser } = await openBusy()
  const { status, text } = await browser.get(address)
  expect(status).toBe(expected)
  expect(text).toContain(said)
  expect(sentencesIn(text)).toEqual([])
})
