import { expect, test } from 'vitest'
import { createSubscribe } from '../../src/feishu/api/subscribe.ts'
import { openPlatform } from './open-platform.ts'

const MINUTE = 60_000
const { signal } = new AbortController()

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Error) return error
  throw new Error('it was not rejected')
}

test('one token serves many calls', async () => {
  await using platform = await openPlatform()
  const subscribe = createSubscribe(platform.app, platform.runtime)
  expect(await subscribe('A', signal)).toEqual({ state: 'subscribed', message: '' })
  expect(await subscribe('B', signal)).toEqual({ state: 'subscribed', message: '' })
  expect(platform.asked()).toEqual(['A', 'B'])
  expect(platform.tokenCalls()).toHaveLength(1)
})

test('over a day, no call is made with a token that has run out, and a token is asked for seldom', async () => {
  await using platform = await openPlatform()
  const subscribe = createSubscribe(platform.app, platform.runtime)
  const calls = (24 * 60) / 7
  for (let call = 0; call < calls; call++) {
    await subscribe(`code-${call}`, signal)
    platform.clock.now += 7 * MINUTE
  }
  expect(platform.answers.filter(({ status }) => status !== 200)).toEqual([])
  expect(platform.asked()).toHaveLength(Math.ceil(calls))
  expect(platform.tokenCalls().length).toBeGreaterThan(12)
  expect(platform.tokenCalls().length).toBeLessThan(20)
})

test('a token that Feishu takes no more is asked for anew, once', async () => {
  await using platform = await openPlatform()
  const subscribe = createSubscribe(platform.app, platform.runtime)
  await subscribe('A', signal)
  platform.api.expireTokens()
  expect(await subscribe('B', signal)).toMatchObject({ state: 'subscribed' })
  expect(platform.tokenCalls()).toHaveLength(2)
  const [first, , third] = platform.calls.filter(({ token }) => token !== '')
  expect(third?.token).not.toBe(first?.token)

  const refusal = { status: 400, body: { code: 99991663, msg: 'Invalid access token' } }
  platform.answerNext(
    refusal,
    { status: 200, body: { code: 0, tenant_access_token: 't-x' } },
    refusal,
  )
  expect(await subscribe('C', signal)).toMatchObject({ state: 'refused' })
  expect(platform.tokenCalls()).toHaveLength(3)
})

test.each([
  { what: 'secret', app: { appSecret: 'not-this-one' }, code: '10014' },
  { what: 'id', app: { appId: 'cli_0000000000000000' }, code: '10003' },
])('a wrong $what says what to do, and not the secret', async ({ app, code }) => {
  await using platform = await openPlatform()
  const wrong = { ...platform.app, ...app }
  const error = await errorOf(createSubscribe(wrong, platform.runtime)('A', signal))
  expect(error.message).toContain(`refuses app_id and app_secret (${code}:`)
  expect(error.message).toContain('developer console')
  expect(error.message).not.toContain(wrong.appSecret)
  expect(platform.asked()).toEqual([])
})

test.each([
  { what: 'in order', code: 0, state: 'subscribed', says: /^$/ },
  { what: 'there already', code: 1390007, state: 'already subscribed', says: /^$/ },
  { what: 'unknown', code: 1390002, state: 'unknown', says: /1390002: said/ },
  { what: 'not even a code', code: 1390001, state: 'unknown', says: /1390001: said/ },
  { what: 'to be tried again', code: 1395001, state: 'busy', says: /1395001: said/ },
  { what: 'not permitted', code: 99991672, state: 'refused', says: /scope approval:approval/ },
  { what: 'something new', code: 1399999, state: 'refused', says: /1399999: said/ },
])('an approval that is $what', async ({ code, state, says }) => {
  await using platform = await openPlatform()
  const subscribe = createSubscribe(platform.app, platform.runtime)
  await subscribe('first', signal)
  platform.answerNext({ status: code === 0 ? 200 : 400, body: { code, msg: 'said' } })
  const answer = await subscribe('A', signal)
  expect(answer).toEqual({ state, message: expect.stringMatching(says) })
})

test.each([
  { what: 'limits', answer: { status: 429, body: {} }, says: /answered 429/ },
  {
    what: 'limits in its own way',
    answer: { status: 400, body: { code: 99991400, msg: 'slow' } },
    says: /99991400: slow/,
  },
  { what: 'breaks', answer: { status: 502, body: {} }, says: /answered 502/ },
])('where the server $what, nothing is known', async ({ answer, says }) => {
  await using platform = await openPlatform()
  const subscribe = createSubscribe(platform.app, platform.runtime)
  platform.answerNext(answer)
  expect((await errorOf(subscribe('A', signal))).message).toMatch(says)
})

test('an answer in another form than that of Feishu', async () => {
  await using platform = await openPlatform()
  const subscribe = createSubscribe(platform.app, platform.runtime)
  platform.answerNext({ status: 404, body: { hello: 1 } })
  expect((await errorOf(subscribe('A', signal))).message).toMatch(/\(404: .*is domain right\?\)/)
  await subscribe('A', signal)
  platform.answerNext({ status: 414, body: {} })
  expect(await subscribe('A', signal)).toEqual({
    state: 'refused',
    message: 'Feishu answered 414: not as the open platform does: is domain right?',
  })
})

test('nobody listens', async () => {
  await using platform = await openPlatform()
  const app = { ...platform.app, domain: 'http://127.0.0.1:1' }
  const error = await errorOf(createSubscribe(app, platform.runtime)('A', signal))
  expect(error.message).toMatch(/^127\.0\.0\.1:1 cannot be asked: /)
})

test('what Feishu repeats of secrets is not said', async () => {
  await using platform = await openPlatform()
  const { app, runtime } = platform
  const subscribe = createSubscribe(app, runtime)
  await subscribe('A', signal)
  const token = platform.calls.at(-1)?.token ?? ''
  expect(token).toMatch(/^t-/)
  const msg = `no ${app.appSecret}, ${token} or THE-CODE`
  platform.answerNext({ status: 400, body: { code: 7, msg } })
  const { message } = await subscribe('THE-CODE', signal)
  expect(message).toBe('Feishu answered 7: no ***, *** or ***')

  platform.answerNext({ status: 200, body: { code: 7, msg } })
  const other = createSubscribe(app, runtime)
  expect((await errorOf(other('A', signal))).message).not.toContain(app.appSecret)
})

test('a code goes into the path as it is, whatever it holds', async () => {
  await using platform = await openPlatform()
  const subscribe = createSubscribe(platform.app, platform.runtime)
  await subscribe('a/../b?c=1 费用', signal)
  await subscribe('\ud800', signal)
  expect(platform.asked()).toEqual(['a/../b?c=1 费用', '\ufffd'])
})
