import { expect, test } from 'vitest'
import { createApi } from '../../src/simulator/api.ts'
import type { Call } from '../../src/simulator/call.ts'
import { APP } from './app.ts'

const CODE = '7C468A54-8745-2245-9675-08B7C63E7A85'
const OTHER = { ...APP, id: 'cli_a0000000000000fe' }

/** An API whose clock stands still until it is moved. */
function openApi(options: { approvals?: string[]; subscribed?: string[] } = {}) {
  let now = 1_700_000_000_000
  const api = createApi({ apps: [APP, OTHER], now: () => now, ...options })
  const call = (path: string, more: Partial<Call> = {}) =>
    api.answer({ method: 'POST', path, authorization: undefined, body: {}, ...more })
  const issue = (app = APP) => {
    const body = { app_id: app.id, app_secret: app.secret }
    return call('/open-apis/auth/v3/tenant_access_token/internal', { body })?.body ?? {}
  }
  return {
    api,
    call,
    issue,
    pass: (ms: number) => {
      now += ms
    },
    change(action: string, code = CODE, token = issue().tenant_access_token) {
      const path = `/open-apis/approval/v4/approvals/${code}/${action}`
      return call(path, { authorization: `Bearer ${token}` })
    },
  }
}

const codeOf = (answer: { status: number; body: object } | undefined) => [
  answer?.status,
  Object(answer?.body).code,
]

test('a token is the same until less than half an hour is left of it; then both are valid', () => {
  const { issue, pass, change } = openApi()
  const first = issue()
  expect(first).toEqual({
    code: 0,
    msg: 'ok',
    tenant_access_token: expect.any(String),
    expire: 7200,
  })
  pass(5_400_000)
  expect(issue()).toEqual({ ...first, expire: 1800 })
  pass(1_000)
  const second = issue()
  expect(second).toMatchObject({ code: 0, expire: 7200 })
  expect(second.tenant_access_token).not.toBe(first.tenant_access_token)
  expect(codeOf(change('subscribe', CODE, first.tenant_access_token))).toEqual([200, 0])
  pass(1_800_000)
  expect(codeOf(change('subscribe', CODE, first.tenant_access_token))).toEqual([400, 99991663])
  expect(codeOf(change('subscribe', CODE, second.tenant_access_token))).toEqual([400, 1390007])
})

test('no token for an app that is not there, or with a wrong secret', () => {
  const { issue } = openApi()
  expect(issue({ ...APP, id: 'cli_0' })).toEqual({ code: 10003, msg: 'invalid param' })
  expect(issue({ ...APP, secret: 'x' })).toEqual({ code: 10014, msg: 'app secret invalid' })
})

test('subscribed once, for one app', () => {
  const { api, change } = openApi()
  expect(api.isSubscribed(APP.id, CODE)).toBe(false)
  expect(change('subscribe')).toEqual({ status: 200, body: { code: 0, msg: 'success', data: {} } })
  expect(api.isSubscribed(APP.id, CODE)).toBe(true)
  expect(api.isSubscribed(OTHER.id, CODE)).toBe(false)
  expect(codeOf(change('subscribe'))).toEqual([400, 1390007])
  expect(codeOf(change('unsubscribe'))).toEqual([200, 0])
  expect(api.isSubscribed(APP.id, CODE)).toBe(false)
  expect(codeOf(change('unsubscribe'))).toEqual([400, 1390007])
})

test('what was subscribed before, and what the tenant does not have', () => {
  const { api, change } = openApi({ approvals: [CODE], subscribed: [CODE] })
  expect(api.isSubscribed(OTHER.id, CODE)).toBe(true)
  expect(codeOf(change('subscribe'))).toEqual([400, 1390007])
  expect(codeOf(change('subscribe', 'another'))).toEqual([400, 1390002])
})

test('a token that is missing, wrong or too old changes nothing', () => {
  const { api, call, change, issue } = openApi()
  const path = `/open-apis/approval/v4/approvals/${CODE}/subscribe`
  const { tenant_access_token } = issue()
  expect(codeOf(call(path))).toEqual([400, 99991661])
  expect(codeOf(change('subscribe', CODE, 't-guessed'))).toEqual([400, 99991663])
  api.expireTokens()
  expect(codeOf(change('subscribe', CODE, tenant_access_token))).toEqual([400, 99991663])
  expect(api.isSubscribed(APP.id, CODE)).toBe(false)
})

test('trouble on demand, which passes', () => {
  const { api, change } = openApi()
  api.failNext(2)
  const codes = [1, 2, 3].map(() => codeOf(change('subscribe')))
  expect(codes).toEqual([
    [400, 1395001],
    [400, 1395001],
    [200, 0],
  ])
})

test('a hundred calls of one kind a minute, for each app', () => {
  const { change, issue, pass } = openApi()
  for (let n = 0; n < 100; n++) expect(change('subscribe', `code-${n}`)?.status).toBe(200)
  pass(20_000)
  expect(change('subscribe')).toEqual({
    status: 429,
    headers: { 'x-ogw-ratelimit-limit': '100', 'x-ogw-ratelimit-reset': '40' },
    body: { code: 99991400, msg: 'request trigger frequency limit' },
  })
  expect(codeOf(change('unsubscribe', 'code-1'))).toEqual([200, 0])
  expect(codeOf(change('subscribe', CODE, issue(OTHER).tenant_access_token))).toEqual([200, 0])
  pass(40_000)
  expect(codeOf(change('subscribe'))).toEqual([200, 0])
})

test('other paths and methods are not of this API', () => {
  const { call } = openApi()
  expect(call('/open-apis/approval/v4/approvals')).toBeUndefined()
  expect(call('/open-apis/auth/v3/tenant_access_token/internal', { method: 'GET' })).toBeUndefined()
})
