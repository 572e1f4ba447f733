import { expect, test } from 'vitest'
import { createGuesses } from '../../src/http/guesses.ts'
import { ADMIN_TOKEN, openAdmin } from './api/setup.ts'

const wrong = { headers: { Authorization: 'Bearer not-the-token-of-anyone' } }
const none = { headers: { Authorization: '' } }
const paths = ['/metrics', '/api', '/api/sinks', '/api/unheard-of', '/api/events/1']

test('without a token there is no API, and the metrics are open', async () => {
  const { ask } = openAdmin({ guarded: false })
  expect((await ask('/metrics', none)).body).toContain('lark_fanout_dead')
  expect((await ask('/metrics', wrong)).status).toBe(200)
  for (const path of ['/api', '/api/sinks', '/api/events/1']) {
    expect((await ask(path, none)).status).toBe(404)
  }
})

test('with a token, a stranger gets the same 401 for everything', async () => {
  const { ask } = openAdmin()
  for (const path of paths) {
    for (const stranger of [wrong, none]) {
      const { status, headers, body } = await ask(path, { ...stranger, from: path })
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(body.detail).toBe('Authorization: Bearer <ADMIN_TOKEN> is needed.')
    }
  }
  const posted = await ask('/api/sinks/lake/pause', { body: {}, ...none })
  expect(posted.status).toBe(401)
})

test.each([`bearer ${ADMIN_TOKEN}`, `Bearer  ${ADMIN_TOKEN}`])(
  '%s is let in',
  async (Authorization) => {
    const { ask } = openAdmin()
    expect((await ask('/api/sinks', { headers: { Authorization } })).status).toBe(200)
  },
)

test.each([
  ADMIN_TOKEN,
  `Basic ${ADMIN_TOKEN}`,
  `Bearer ${ADMIN_TOKEN}x`,
  `Bearer ${ADMIN_TOKEN.slice(0, -1)}`,
  'Bearer ',
])('%s is not', async (Authorization) => {
  const { ask } = openAdmin()
  expect((await ask('/api/sinks', { headers: { Authorization } })).status).toBe(401)
})

test('answers are as they should be for HEAD, and kept nowhere', async () => {
  const { ask } = openAdmin()
  const { status, headers, body } = await ask('/api/sinks', { method: 'HEAD' })
  expect([status, headers.get('cache-control'), body]).toEqual([200, 'no-store', ''])
})

test('after ten wrong tokens an address is refused until the minute is over, with the right one too', async () => {
  const { ask, clock, log } = openAdmin()
  const from = '192.0.2.1'
  for (let n = 0; n < 10; n++) expect((await ask('/metrics', { ...wrong, from })).status).toBe(401)
  clock.now += 15_000
  const refused = await ask('/api/sinks', { from })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '45'])
  expect(refused.body.title).toBe('Too Many Requests')
  expect((await ask('/api/sinks', { from: '192.0.2.2' })).status).toBe(200)
  expect(log.lines.filter((line) => line.includes('192.0.2.1'))).toHaveLength(1)
  expect(log.lines.join()).not.toContain('not-the-token')
  clock.now += 45_000
  expect((await ask('/api/sinks', { from })).status).toBe(200)
})

test('no token at all is no guess, and a host that knows no addresses has one for all', async () => {
  const { ask } = openAdmin()
  for (let n = 0; n < 20; n++) expect((await ask('/metrics', none)).status).toBe(401)
  expect((await ask('/metrics')).status).toBe(200)
  for (let n = 0; n < 10; n++) await ask('/metrics', wrong)
  expect((await ask('/metrics')).status).toBe(429)
})

test('one who has an IPv6 address has all of its network', () => {
  const guesses = createGuesses(() => 0)
  const fill = (address: string) => Array.from({ length: 10 }, () => guesses.count(address))
  fill('2001:db8:0:7::1')
  expect(guesses.refusedMs('2001:db8::7:ffff:0:0:9')).toBe(60_000)
  expect(guesses.refusedMs('2001:db8:0:8::1')).toBe(0)
  fill('::1')
  expect(guesses.refusedMs('::')).toBe(60_000)
  fill('::ffff:192.0.2.1')
  expect(guesses.refusedMs('::ffff:192.0.2.2')).toBe(0)
})

test('a clock that is set back neither locks an address out for longer nor lets it guess for ever', () => {
  let now = 10_000_000
  const guesses = createGuesses(() => now)
  const guess = () => {
    if (guesses.refusedMs('a') > 0) return false
    guesses.count('a')
    return true
  }
  while (guess()) {}
  guesses.count('b')
  now -= 3_600_000
  expect(guesses.refusedMs('a')).toBe(0)
  let guessed = 0
  for (let second = 0; second < 600; second++) {
    if (guess()) guessed++
    now += 1000
  }
  expect(guessed).toBe(100)
})

test('nor does one that is set back by less than a minute', () => {
  let now = 10_000_000
  const guesses = createGuesses(() => now)
  guesses.count('first')
  now -= 30_000
  for (let n = 0; n < 10; n++) guesses.count('a')
  now += 65_000
  // Its minute is over, that of the first one is not.
  for (let n = 0; n < 10; n++) guesses.count('a')
  expect(guesses.refusedMs('a')).toBe(60_000)
})

test('memory has a bound: beyond it all other addresses share their guesses', () => {
  let now = 0
  const guesses = createGuesses(() => now)
  for (let n = 0; n < 10_000; n++) guesses.count(`address-${n}`)
  for (let n = 0; n < 10; n++) guesses.count(`late-${n}`)
  expect(guesses.refusedMs('yet-another')).toBe(60_000)
  expect(guesses.refusedMs('address-0')).toBe(0)
  now = 60_000
  expect(guesses.refusedMs('yet-another')).toBe(0)
})
