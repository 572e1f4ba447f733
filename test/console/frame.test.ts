import { describe, expect, test } from 'vitest'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { openConsole, VIEWER_TOKEN } from './setup.ts'

describe('logging in', () => {
  test('every page leads to the login, and from there back', async () => {
    const browser = openConsole().browse()
    const { status, location } = await browser.get('/console/events?q=a%26b')
    expect([status, location]).toEqual([
      303,
      '/console/login?next=%2Fconsole%2Fevents%3Fq%3Da%2526b',
    ])
    const login = await browser.send(location ?? '', { token: 'a-token-of-the-operators' })
    expect([login.status, login.location]).toEqual([303, '/console/events?q=a%26b'])
    expect((await browser.get('/console')).status).toBe(200)
  })

  test.for(['https://evil.example', '//evil.example', '/console@evil.example', '/api/events'])(
    'nobody is led away from the console: %s',
    async (next) => {
      const browser = openConsole().browse()
      const path = `/console/login?next=${encodeURIComponent(next)}`
      const { location } = await browser.send(path, { token: VIEWER_TOKEN })
      expect(location).toBe('/console')
    },
  )

  test.for([
    ['/console/sinks?x=1#top', '/console/sinks?x=1'],
    ['/console/\r\nSet-Cookie: a=b', '/console/Set-Cookie:%20a=b'],
    ['/console/\0x', '/console/%00x'],
    ['/console/login?next=/console/login', '/console'],
    ['/console/logout', '/console'],
    ['/console/..//evil.example', '/console'],
    ['https://', '/console'],
  ] as const)('from the login to %o: %s', async ([next, to]) => {
    const path = `/console/login?next=${encodeURIComponent(next)}`
    const { status, location } = await openConsole().browse().send(path, { token: VIEWER_TOKEN })
    expect([status, location]).toEqual([303, to])
  })

  test('a wrong token is told, and after ten the right one waits, too', async () => {
    const { browse } = openConsole()
    const browser = browse()
    const { status, text } = await browser.logIn('wrong')
    expect(status).toBe(401)
    expect(text).toContain('That is not the token.')
    for (let i = 1; i < 10; i++) await browser.logIn('wrong')
    const late = await browser.logIn()
    expect(late.status).toBe(429)
    expect(late.text).toMatch(/Try again in \d+ s/)
    expect(browser.cookies.has('lark-fanout-session')).toBe(false)
  })

  test('the cookie is out of scripts’ reach, and is not the token', async () => {
    const { headers } = await openConsole().browse().logIn()
    const [cookie = ''] = headers.getSetCookie().filter((text) => text.includes('session'))
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
    expect(cookie).not.toContain('a-token-of-the-operators')
  })

  test('behind https the cookie is sent by https alone', async () => {
    const { browse } = openConsole()
    const https = { 'X-Forwarded-Proto': 'https' }
    const answer = await browse().send('/console/login', { token: VIEWER_TOKEN }, https)
    expect(answer.headers.getSetCookie().join()).toContain('; Secure')
  })

  test('a session ends after twelve hours, and by logging out', async () => {
    const { browse, clock } = openConsole()
    const [one, two] = [browse(), browse()]
    await one.logIn()
    await two.logIn()
    await one.submit('/console/logout', {}, '/console')
    expect((await one.get('/console')).status).toBe(303)
    clock.now += 12 * 60 * 60 * 1000 - 1
    expect((await two.get('/console')).status).toBe(200)
    clock.now += 1
    expect((await two.get('/console')).status).toBe(303)
  })

  test('who has logged out is out, whoever still has the cookie; other sessions go on', async () => {
    const { browse } = openConsole()
    const [one, copy, other] = [browse(), browse(), browse()]
    await one.logIn()
    await other.logIn()
    for (const [name, value] of one.cookies) copy.cookies.set(name, value)
    expect((await copy.get('/console')).status).toBe(200)
    await one.submit('/console/logout', {}, '/console')
    expect((await copy.get('/console')).status).toBe(303)
    expect((await other.get('/console')).status).toBe(200)
  })

  test('a cookie that was changed is none', async () => {
    const browser = openConsole().browse()
    await browser.logIn(VIEWER_TOKEN)
    const cookie = browser.cookies.get('lark-fanout-session') ?? ''
    for (const changed of [
      cookie.replace('viewer', 'admin'),
      `${cookie}0`,
      '...',
      'admin.9e15..',
    ]) {
      browser.cookies.set('lark-fanout-session', changed)
      expect((await browser.get('/console')).status).toBe(303)
    }
  })
})

test('pages may load nothing that is not the console’s own, and hold no script', async () => {
  const browser = openConsole().browse()
  await browser.logIn()
  const { headers, text } = await browser.get('/console')
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  )
  expect(headers.get('cache-control')).toBe('no-store')
  expect(text).not.toMatch(/<script(?! type="module" src="\/console)/)
  expect(text).not.toMatch(/ style=| on\w+=/)
})

test('what pages are made with changes its address with its text', async () => {
  const browser = openConsole().browse()
  const { text } = await browser.get('/console/login')
  const assets = [...text.matchAll(/(?:href|src)="(\/console\/assets\/[^"]+)"/g)]
  expect(assets.length).toBeGreaterThan(2)
  for (const [, path = ''] of assets) {
    const { status, headers } = await browser.get(path)
    expect([path, status]).toEqual([path, 200])
    expect(headers.get('cache-control')).toContain('immutable')
    expect(headers.get('content-type')).toMatch(/css|javascript/)
  }
})

test('the console is found with a slash at its end, too', async () => {
  const browser = openConsole().browse()
  await browser.logIn()
  const { status, location } = await browser.get('/console/?lang=zh')
  expect([status, location]).toEqual([308, '/console?lang=zh'])
})

describe('what is sent without a session', () => {
  const PAUSE = '/console/sinks/lake/pause'

  test.for([
    ['http://localhost/console/sinks/lake?x=1', '/console/sinks/lake?x=1'],
    ['http://localhost/elsewhere', '/console'],
    ['not an address', '/console'],
    ['', '/console'],
  ] as const)('is not done, which is said, and from %o the login leads to %s', async ([at, to]) => {
    const { browse, store } = openConsole()
    const browser = browse()
    const { status, location } = await browser.send(PAUSE, {}, { Referer: at })
    expect(status).toBe(303)
    expect((await browser.get(location ?? '')).text).toContain('What you sent was not done')
    expect((await browser.get('/console/login')).text).not.toContain('What you sent')
    const login = await browser.send(location ?? '', { token: VIEWER_TOKEN })
    expect([login.status, login.location]).toEqual([303, to])
    expect(await store.pauses()).toEqual([])
  })

  test('whoever is logged out already is told nothing of it', async () => {
    const { location } = await openConsole().browse().send('/console/logout', {})
    expect(location).toBe('/console/login')
  })
})

test('that routes.yaml was rejected is said in words, on every page', async () => {
  const { browse, feed, clock } = openConsole()
  const browser = browse()
  await browser.logIn()
  expect((await browser.get('/console/events')).text).not.toContain('rejected</span></a>')
  feed.tell({ kind: 'reloaded', at: clock.now, result: 'rejected', problems: 'wrong' })
  expect((await browser.get('/console/events')).text).toContain('rejected</span></a>')
})

test('what fails unexpectedly is a page as well, which says where to look', async () => {
  const store = openMemoryStore()
  const backlog = () => Promise.reject(new Error('disk full: /x'))
  const { browse, log } = openConsole({ store: { ...store, backlog } })
  const browser = browse()
  await browser.logIn()
  const { status, headers, text } = await browser.get('/console/dead')
  expect([status, headers.get('content-type')]).toEqual([500, 'text/html; charset=UTF-8'])
  expect(text).toContain('The request failed; the log says why.')
  expect(text).not.toContain('disk full')
  expect(log.lines.join()).toContain('disk full')
})

describe('forms', () => {
  test('one without the token of the session is refused, whoever sends it', async () => {
    const browser = openConsole().browse()
    await browser.logIn()
    const path = '/console/sinks/lake/pause'
    expect((await browser.send(path, {})).status).toBe(403)
    expect((await browser.send(path, { csrf: 'x' })).status).toBe(403)
    const { status, text } = await browser.send(path, {}, { 'Sec-Fetch-Site': 'cross-site' })
    expect(status).toBe(403)
    expect(text).toContain('<h1>That did not work</h1>')
  })

  const OWN = 'http://localhost'
  const FOREIGN = 'http://evil.example'
  test.for([
    [403, { 'Sec-Fetch-Site': 'cross-site' }],
    [403, { 'Sec-Fetch-Site': 'same-site', Origin: OWN }],
    [403, { Origin: FOREIGN }],
    [403, { Origin: `${OWN}:8080` }],
    [403, { Origin: 'null' }],
    [403, { Origin: FOREIGN, 'X-Forwarded-Host': 'x.example' }],
    [303, { Origin: OWN }],
    [303, { Origin: 'https://localhost' }],
    [303, { Origin: 'https://x.example', 'X-Forwarded-Host': 'x.example:443, inner' }],
    // The proxy has changed the host, and the browser says what it knows.
    [303, { Origin: 'https://x.example', 'Sec-Fetch-Site': 'same-origin' }],
  ] as const)('logging in and out: %s for a form with %o', async ([status, headers]) => {
    const browser = openConsole().browse()
    expect((await browser.send('/console/login', { token: VIEWER_TOKEN }, headers)).status).toBe(
      status,
    )
    await browser.logIn()
    const csrf = /name="csrf" value="(\w+)"/.exec((await browser.get('/console')).text)?.[1] ?? ''
    expect((await browser.send('/console/logout', { csrf }, headers)).status).toBe(status)
    expect((await browser.get('/console')).status).toBe(status === 303 ? 303 : 200)
  })

  test('nobody is logged out by a form without the token of the session', async () => {
    const browser = openConsole().browse()
    await browser.logIn()
    expect((await browser.send('/console/logout', {})).status).toBe(403)
    expect((await browser.get('/console')).status).toBe(200)
  })
})

test('languages: as the browser asks, as was chosen, and remembered', async () => {
  const browser = openConsole().browse()
  const chinese = { 'Accept-Language': 'zh-CN,zh;q=0.9,en;q=0.8' }
  expect((await browser.get('/console/login', chinese)).text).toContain('<html lang="zh-CN">')
  const other = openConsole().browse()
  expect((await other.get('/console/login', { 'Accept-Language': 'fr' })).text).toContain(
    'lang="en"',
  )
  await other.get('/console/login?lang=zh')
  expect((await other.get('/console/login')).text).toContain('<h1>登录</h1>')
})

test('only what was chosen is remembered, and nothing by what is kept for ever', async () => {
  const browser = openConsole().browse()
  const { text } = await browser.get('/console/login', { 'Accept-Language': 'zh-CN' })
  await browser.get('/console/login?lang=fr', { 'Accept-Language': 'zh-CN' })
  const [, asset = ''] = /href="(\/console\/assets\/[^"]+)"/.exec(text) ?? []
  await browser.get(`${asset}&lang=zh`, { 'Accept-Language': 'zh-CN' })
  expect([...browser.cookies]).toEqual([])
  expect((await browser.get('/console/login')).text).toContain('<html lang="en">')
})

test('what is refused is told in the reader’s language', async () => {
  const browser = openConsole().browse()
  await browser.get('/console/login?lang=zh')
  await browser.logIn(VIEWER_TOKEN)
  const foreign = await browser.send('/console/sinks/lake/pause', {})
  const viewer = await browser.submit('/console/sinks/lake/pause', {}, '/console')
  const nowhere = await browser.get('/console/nowhere')
  const confirmation = await browser.get('/console/sinks/lake/discard')
  const all = [foreign, viewer, nowhere, confirmation]
  expect(all.map(({ status }) => status)).toEqual([403, 403, 404, 403])
  const told = all.map(({ text }) => /<p role="alert">(.*?)<\/p>/.exec(text)?.[1])
  for (const one of told) expect(one).toMatch(/^[^a-z]+$/)
  expect(new Set(told).size).toBe(3)
})

test.for([
  ['/console/login', ['PUT', 'DELETE', 'OPTIONS'], 'GET, HEAD, POST'],
  ['/console/logout', ['GET', 'PUT', 'DELETE', 'OPTIONS'], 'POST'],
  ['/console', ['POST', 'OPTIONS'], 'GET, HEAD'],
  ['/console/routes', ['PUT'], 'GET, HEAD, POST'],
  ['/console/sinks/lake/pause', ['GET'], 'POST'],
] as const)('%s answers no %o, only %s', async ([path, methods, allow]) => {
  const { admin } = openConsole()
  for (const method of methods) {
    const { status, headers } = await admin.request(path, { method })
    expect([method, status, headers.get('allow')]).toEqual([method, 405, allow])
  }
})

test.for(['/console/nowhere', '/console/assets/nothing.js'])('%s: no such page', async (path) => {
  const browser = openConsole().browse()
  await browser.logIn()
  expect((await browser.get(path)).status).toBe(404)
})
