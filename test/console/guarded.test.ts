import type { Hono } from 'hono'
import { expect, test } from 'vitest'
import { pauseSink } from '../../src/core/operations/pause-sink.ts'
import { accept, settleAll } from '../core/operations/setup.ts'
import { openConsole, VIEWER_TOKEN } from './setup.ts'
import { formsIn, isAt, linksIn, oneOf, pathsOf } from './walk.ts'

const VALUES = { ref: ['1'], id: ['1'], name: ['lake'] }
const viewer = { Authorization: `Bearer ${VIEWER_TOKEN}`, 'Content-Type': 'application/json' }

/** On which there is something to do at every page. */
async function openBusy() {
  const opened = openConsole()
  const { store, clock } = opened
  const admin: Hono = opened.admin
  await accept({ store, clock }, 'a', { owed: ['lake', 'finance', 'slow'] })
  await settleAll(store, 'lake', { state: 'dead', reason: 'HTTP 500' })
  await settleAll(store, 'finance', { state: 'delivered' })
  await accept({ store, clock }, 'q', { problems: ['operate: must be CREATE or READ'] })
  await accept({ store, clock }, 'b', { owed: ['lake'] })
  await pauseSink({ ledger: store, now: () => clock.now, actor: 'cli' }, { sink: 'finance' })
  clock.now += 1000
  return { ...opened, admin }
}

/** What a change would have left behind. */
async function traceOf({ store }: Awaited<ReturnType<typeof openBusy>>) {
  const { items: audit } = await store.audit({ limit: 10 })
  return { audit, pauses: await store.pauses(), owed: (await store.backlog()).length }
}

test('without a token nothing of the admin surface answers, whatever it is told to be', async () => {
  const busy = await openBusy()
  const { admin } = busy
  const before = await traceOf(busy)
  const open = new Set<string>()
  for (const method of ['GET', 'POST'] as const) {
    const paths = pathsOf(admin, method)
    expect(paths.length).toBeGreaterThan(5)
    for (const path of paths) {
      for (const headers of STRANGERS) {
        const init = { method, headers, ...(method === 'POST' && { body: '{}' }) }
        const answer = await admin.request(oneOf(path, VALUES), init)
        const text = await answer.text()
        const isClosed = [303, 401, 404].includes(answer.status)
        if (!isClosed) open.add(`${method} ${path.replace(/assets\/.*/, 'assets/')}`)
        else expect(text).not.toMatch(/lake|81D31358|approval_cc/)
        if (answer.status === 303)
          expect(answer.headers.get('location')).toMatch(/^\/console\/login/)
      }
    }
  }
  // The way in, and what it looks like. A wrong token there is 401, and so is none.
  expect([...open].sort()).toEqual(['GET /console/assets/', 'GET /console/login'])
  expect(await traceOf(busy)).toEqual(before)
})

const STRANGERS: readonly Record<string, string>[] = [
  {},
  { Authorization: 'Bearer ' },
  { Cookie: 'lark-fanout-session=admin.99999999999999.0.0' },
]

test('a viewer’s token changes nothing, by the API or by the pages, and every page is open to it', async () => {
  const busy = await openBusy()
  const { admin, browse } = busy
  const before = await traceOf(busy)
  const open: string[] = []
  for (const path of pathsOf(admin, 'POST')) {
    const address = oneOf(path, VALUES)
    const browser = browse()
    await browser.logIn(VIEWER_TOKEN)
    const { status } = path.startsWith('/api')
      ? await admin.request(address, { method: 'POST', headers: viewer, body: '{}' })
      : await browser.submit(address, { token: 'wrong' }, '/console')
    if (status !== 403) open.push(`${path} ${status}`)
  }
  expect(open.sort()).toEqual([
    '/api/explain 400',
    '/console/login 401',
    '/console/logout 303',
    '/console/routes 200',
  ])
  expect(await traceOf(busy)).toEqual(before)
})

test('nobody sees a link or a button that would be refused', async () => {
  const { admin, browse } = await openBusy()
  const pages = pathsOf(admin, 'GET').filter((path) => /^\/console(?!\/(assets|stream))/.test(path))
  for (const [role, token] of [
    ['viewer', VIEWER_TOKEN],
    ['admin', undefined],
  ] as const) {
    const browser = browse()
    await browser.logIn(token)
    const queue = ['/console', '/console/events/1', '/console/events/2']
    const refused: string[] = []
    const actions = new Set<string>()
    for (const address of queue) {
      const { status, text } = await browser.get(address)
      if (status >= 400) refused.push(`${address} ${status}`)
      for (const { action } of formsIn(text, address)) actions.add(action)
      queue.push(...linksIn(text).filter((link) => !queue.includes(link)))
    }
    expect(refused).toEqual([])
    const unseen = pages.filter((path) => !queue.some((address) => isAt(path, address)))
    if (role === 'viewer') {
      expect([...actions].sort()).toEqual(['/console/logout', '/console/routes'])
      // The pages that ask before something is done.
      expect(unseen.sort()).toEqual([
        '/console/dead/retry',
        '/console/events/:ref/send',
        '/console/login',
        '/console/replay',
        '/console/sinks/:name/discard',
      ])
    } else {
      expect(unseen).toEqual(['/console/login'])
      const posts = pathsOf(admin, 'POST').filter((path) => path.startsWith('/console'))
      const unsent = posts.filter((path) => ![...actions].some((action) => isAt(path, action)))
      expect(unsent).toEqual(['/console/login'])
    }
  }
})
