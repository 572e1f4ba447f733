import { expect, test } from 'vitest'
import { accept, settleAll } from '../../core/operations/setup.ts'
import { openAdmin, VIEWER_TOKEN } from './setup.ts'

const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } }

test('a viewer sees everything', async () => {
  const admin = openAdmin()
  await accept(admin, 'a', { owed: ['lake'] })
  const paths = ['events', 'events/a', 'deliveries', 'sinks', 'routes', 'audit', 'openapi.json']
  for (const path of paths) {
    const { status, text } = await admin.ask(`/api/${path}`, asViewer)
    expect({ path, status }).toEqual({ path, status: 200 })
    expect(text).toBe((await admin.ask(`/api/${path}`)).text)
  }
  expect((await admin.ask('/metrics', asViewer)).status).toBe(200)
  expect((await admin.ask('/api/explain', { ...asViewer, body: { id: 'a' } })).status).toBe(200)
})

test.each([
  ['/api/deliveries/retry', { filter: {} }],
  ['/api/deliveries/retry', { filter: {}, dry_run: true }],
  ['/api/deliveries/retry', { unknown: 1 }],
  ['/api/replay', { since: 0, until: 1.7e12 }],
  ['/api/replay', { since: 0, until: 1.7e12, dry_run: true }],
  ['/api/sinks/lake/pause', {}],
  ['/api/sinks/lake/resume', {}],
  ['/api/sinks/lake/discard', {}],
  ['/api/sinks/unheard-of/discard', {}],
])('a viewer changes nothing: POST %s %o', async (path, body) => {
  const admin = openAdmin()
  await accept(admin, 'a', { owed: ['lake', 'slow'] })
  await settleAll(admin.store, 'lake', { state: 'dead', reason: 'HTTP 500' })
  const before = JSON.stringify(await admin.store.backlog())
  const answer = await admin.ask(path, { ...asViewer, body })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    403,
    'application/problem+json',
  ])
  expect(answer.body).toMatchObject({ status: 403, title: 'Forbidden' })
  expect(JSON.stringify(await admin.store.backlog())).toBe(before)
  expect(await admin.store.pauses()).toEqual([])
  expect((await admin.store.audit({ limit: 1 })).items).toEqual([])
  expect(admin.woken()).toBe(0)
})

test('no POST but explain is open to a viewer, by whatever description', async () => {
  const { ask } = openAdmin()
  const { body: document } = await ask('/api/openapi.json')
  const posts = Object.keys(document.paths).filter((path) => 'post' in document.paths[path])
  expect(posts.length).toBeGreaterThan(5)
  const open = []
  for (const path of posts) {
    const real = path.replace('{name}', 'lake')
    const { status } = await ask(real, { ...asViewer, body: {} })
    if (status !== 403) open.push(path)
  }
  expect(open).toEqual(['/api/explain'])
})

test('a viewer who tells a POST to be a GET, or a path to be another, has no luck', async () => {
  const { ask, store } = openAdmin()
  for (const [path, method] of [
    ['/api/sinks/lake/pause', 'GET'],
    ['/api/sinks/lake/pause', 'HEAD'],
    ['/api/sinks/lake/pause/', 'POST'],
    ['/api/explain/../sinks/lake/pause', 'POST'],
    ['/api/sinks/lake/pause', 'PUT'],
  ] as const) {
    const headers = { ...asViewer.headers, 'X-HTTP-Method-Override': 'POST' }
    expect((await ask(path, { method, headers })).status).toBeGreaterThanOrEqual(400)
  }
  expect(await store.pauses()).toEqual([])
})

test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is answered to nobody', async (method) => {
  const { ask } = openAdmin()
  for (const path of ['/api/sinks', '/api/sinks/lake/pause', '/api/explain']) {
    const [viewer, admin] = [await ask(path, { ...asViewer, method }), await ask(path, { method })]
    const allow = path === '/api/sinks' ? 'GET, HEAD' : 'POST'
    for (const { status, headers } of [viewer, admin]) {
      expect([path, status, headers.get('allow')]).toEqual([path, 405, allow])
    }
  }
})
