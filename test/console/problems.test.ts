import { expect, test } from 'vitest'
import type { LiveSource } from '../../src/core/plan.ts'
import { createRedaction } from '../../src/core/redact.ts'
import { plan } from '../http/api/setup.ts'
import { rowsOf } from './page.ts'
import { type Options, openConsole } from './setup.ts'

const source = (name: string, more: Partial<LiveSource>): LiveSource => ({
  ...{ name, path: undefined, events: '*', source: {}, fingerprint: '' },
  accepts: () => true,
  ...more,
})

async function setup(options?: Options) {
  const opened = openConsole(options)
  const browser = opened.browse()
  await browser.logIn()
  return { ...opened, browser, get: async (path: string) => (await browser.get(path)).text }
}

test('a file that was rejected shows its problems, lines and carets', async () => {
  const { get, feed, clock } = await setup()
  expect(await get('/console/problems')).toContain('it has not been read again since')
  const problems = `routes.yaml:3:5  sinks.a: <unknown>\n  a: 1\n  ^`
  feed.tell({ kind: 'reloaded', at: clock.now, result: 'rejected', problems })
  const text = await get('/console/problems')
  expect(text).toContain('routes.yaml was rejected')
  expect(text).toContain('2026-11-22 09:30:00')
  expect(text).toContain('routes.yaml:3:5  sinks.a: &lt;unknown&gt;\n  a: 1\n  ^</pre>')
  feed.tell({ kind: 'reloaded', at: clock.now, result: 'applied', problems: '' })
  expect(await get('/console/problems')).toContain('is in force since')
})

test('the plan in force: its sources, and what it says of everything', async () => {
  const sources = [
    source('http', { path: '/in', events: ['approval_cc', 'approval_task'] }),
    source('up', { source: { connected: () => true } }),
    source('down', { source: { connected: () => false } }),
  ]
  const redact = createRedaction(['user_id', 'from'])
  const alerts = { to: ['lake'], events: ['delivery.dead'], everyMs: 1000 } as const
  const { get } = await setup({ plan: { ...plan, sources, redact, alerts } })
  const text = await get('/console/problems')
  expect(rowsOf(text)).toEqual([
    'http /in approval_cc, approval_task listening',
    'up a connection of its own every type connected',
    'down a connection of its own every type not connected',
  ])
  expect(text).toContain('<dd>delivered events 7 days, dead letters 30 days</dd>')
  expect(text).toContain('<dd>user_id, from</dd>')
  expect(text).toContain('<dd>lake: of dead letters</dd>')
})

test('the audit tells who did what, page by page', async () => {
  const { get, store, clock } = await setup()
  expect(await get('/console/audit')).toContain('Nobody has done anything yet.')
  const entry = { at: clock.now, action: 'retry', outcome: null } as const
  for (let n = 0; n < 51; n++) {
    await store.record({ ...entry, actor: `api <b>${n}`, request: { ids: ['1', '2'] } })
  }
  const text = await get('/console/audit')
  expect(rowsOf(text)).toHaveLength(50)
  expect(rowsOf(text)[0]).toBe(
    '2026-11-22 09:30:00 api &lt;b&gt;50 retry ids: [&quot;1&quot;, &quot;2&quot;] under way, or its process has ended',
  )
  const older = /href="([^"]*cursor=[^"]*)"/.exec(text)?.[1] ?? ''
  expect(rowsOf(await get(older))).toHaveLength(1)
})
