import { expect, test } from 'vitest'
import type { Plan } from '../../src/core/plan.ts'
import { createRedaction } from '../../src/core/redact.ts'
import { accept, routingOf } from '../core/operations/setup.ts'
import { plan as anyPlan } from '../http/api/setup.ts'
import { rowsOf } from './page.ts'
import { openConsole, VIEWER_TOKEN } from './setup.ts'

const ROUTES = [
  { name: 'all', to: ['lake'], place: { file: 'routes.yaml', line: 12 } },
  { name: 'reads', to: ['finance'], match: { operate: ['READ'] } },
  { name: 'other', from: ['feishu'], to: ['slow', 'lake'], enabled: false },
]

const plan: Plan = {
  ...anyPlan,
  ...routingOf(ROUTES),
  sinks: anyPlan.sinks,
  sources: [
    {
      ...{ name: 'feishu', path: '/in', events: ['approval_cc'], source: {}, fingerprint: '' },
      accepts: (type) => type === 'approval_cc',
    },
  ],
  preview: async (sink, event) => {
    if (sink === 'finance') throw new Error('its transform <fails>')
    return event.raw
  },
}

const event = {
  type: 'approval_cc',
  operate: 'CREATE',
  instance_code: 'I-1',
  user_id: 'ou_hidden',
  app_id: 'cli_a',
  tenant_key: 't',
}

async function setup(some: Plan = plan, token?: string) {
  const opened = openConsole({ plan: some })
  const browser = opened.browse()
  await browser.logIn(token)
  const attempt = (text: string) => browser.submit('/console/routes', { event: text })
  return { ...opened, browser, attempt }
}

test('routes are shown as they are written', async () => {
  const { browser } = await setup()
  const { text } = await browser.get('/console/routes')
  expect(rowsOf(text)).toEqual([
    'all every event lake routes.yaml:12',
    'reads operate: [READ] finance',
    'other not enabled from feishu every event slow lake',
  ])
})

test('an event is tried: which routes match, why others do not, who gets it, and what', async () => {
  const { attempt, store } = await setup(plan, VIEWER_TOKEN)
  const { status, text } = await attempt(JSON.stringify(event))
  expect(status).toBe(200)
  expect(rowsOf(text)[0]).toContain('all matches')
  expect(rowsOf(text)[1]).toBe(
    'reads operate: &quot;CREATE&quot; is not one of &quot;READ&quot; operate: [READ] finance',
  )
  expect(rowsOf(text)[2]).toContain('not enabled')
  expect(text).toMatch(/<dt>Goes to<\/dt><dd><a [^>]*>lake<\/a>/)
  expect(text).toContain('&quot;operate&quot;: &quot;CREATE&quot;')
  expect((await store.events({ order: 'newest first', limit: 1 })).items).toEqual([])
})

test('a preview that fails says why, and the page is there all the same', async () => {
  const { attempt } = await setup()
  const { text } = await attempt(JSON.stringify({ ...event, operate: 'READ' }))
  expect(text).toContain('It cannot be made: its transform &lt;fails&gt;')
})

test('what would be quarantined or ignored is told', async () => {
  const { attempt } = await setup()
  const wrong = (await attempt(JSON.stringify({ ...event, operate: 'DELETE' }))).text
  expect(wrong).toContain('It would be quarantined')
  expect(wrong).toContain('operate: must be CREATE or READ')
  expect(wrong).toContain('<dt>Goes to</dt><dd>nobody</dd>')
  const other = (await attempt(JSON.stringify({ ...event, type: 'im.message' }))).text
  expect(other).toContain('It would be ignored: no source accepts its type.')
})

test('what is no event is told with its place, and stays in the box', async () => {
  const { attempt } = await setup()
  const broken = await attempt('{\r\n  "a": <b>\r\n}')
  expect(broken.status).toBe(400)
  expect(broken.text).toContain('That is no JSON: line 2, column 8')
  expect(broken.text).toContain('<pre class="exact">  &quot;a&quot;: &lt;b&gt;\n       ^</pre>')
  expect(broken.text).toMatch(/<textarea[^>]*>\n{\n {2}&quot;a&quot;: &lt;b&gt;\n}<\/textarea>/)
  expect((await attempt('[1]')).text).toContain('must be a JSON object')
  expect((await attempt('{"encrypt": "x"}')).text).toContain('decrypt the callback first')
})

test('an empty box is filled with an example, which can be tried', async () => {
  const { browser, attempt } = await setup()
  const filled = (await attempt(' ')).text
  expect(filled).toContain('this is an example')
  const { text } = await browser.get('/console/routes?example=1')
  const box = /<textarea[^>]*>\n(.*)<\/textarea>/s.exec(text)?.[1] ?? ''
  const tried = await attempt(box.replaceAll('&quot;', '"'))
  expect([tried.status, rowsOf(tried.text)[0]]).toEqual([
    200,
    'all matches every event lake routes.yaml:12',
  ])
})

test('a stored event is tried as it is, and shown without what is redacted', async () => {
  const redact = createRedaction(['user_id'])
  const byUser = routingOf([{ name: 'mine', to: ['lake'], match: { user_id: 'ou_hidden' } }])
  const { browser, ...more } = await setup({ ...plan, ...byUser, sinks: plan.sinks, redact })
  await accept(more, 'a', { data: { user_id: 'ou_hidden' } })
  const { text } = await browser.get('/console/routes?ref=1')
  expect(rowsOf(text)[0]).toMatch(/^mine matches/)
  expect(text).toContain('&quot;user_id&quot;: &quot;[redacted]&quot;')
  // The route itself names it: that is in the file, not in the event.
  expect(text.replaceAll('user_id: ou_hidden', '')).not.toContain('ou_hidden')
  expect((await browser.get('/console/routes?ref=nothing')).status).toBe(404)
})

test('an event that is nested too deeply is refused', async () => {
  const { attempt } = await setup()
  const list = '['.repeat(10_000) + ']'.repeat(10_000)
  const { status, text } = await attempt(`{"list":${list}}`)
  expect(status).toBe(400)
  expect(text).toContain('is nested deeper than 1000 levels')
})
