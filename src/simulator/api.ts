import type { SimulatedApp } from './app.ts'
import type { Answer, Call } from './call.ts'
import { createTokens, type Tokens } from './tokens.ts'

export interface ApiOptions {
  readonly apps: readonly SimulatedApp[]
  now(): number
  /** The tenant's approval definitions. Without it, every code is one. */
  readonly approvals?: readonly string[]
  /** What every app has subscribed to before. */
  readonly subscribed?: readonly string[]
}

/** The part of Feishu's API that decides which approval events there are. */
export interface Api {
  /** Undefined for a path that is not of this API. */
  answer(call: Call): Answer | undefined
  isSubscribed(appId: string, approvalCode: string): boolean
  /** The next so many calls find Feishu in trouble: 1395001, which may be tried again. */
  failNext(count: number): void
  expireTokens(): void
}

const TOKEN_PATH = '/open-apis/auth/v3/tenant_access_token/internal'
const SUBSCRIPTION_PATH = /^\/open-apis\/approval\/v4\/approvals\/([^/]+)\/(subscribe|unsubscribe)$/
const CALLS_A_MINUTE = 100
const MINUTE_MS = 60_000

const OK: Answer = { status: 200, body: { code: 0, msg: 'success', data: {} } }
const NO_TOKEN = refused(99991661, 'Missing access token for authorization')
const BAD_TOKEN = refused(99991663, 'Invalid access token for authorization')
const UNKNOWN = refused(1390002, 'approval code not found')
const EXISTED = refused(1390007, 'subscription existed')
const TRANSIENT = refused(1395001, 'There have been some errors. Please try again later')

function refused(code: number, msg: string): Answer {
  return { status: 400, body: { code, msg, data: {} } }
}

/** Source of paths and codes: open.feishu.cn, "Subscribe approval events" and "Generic error codes". */
export function createApi({ apps, now, approvals, subscribed = [] }: ApiOptions): Api {
  const tokens = createTokens(apps, now)
  const codesOf = new Map(apps.map(({ id }) => [id, new Set(subscribed)]))
  const spend = createRate(now)
  let failing = 0
  const change = (appId: string, code: string, action: string): Answer => {
    if (failing > 0) {
      failing--
      return TRANSIENT
    }
    if (approvals && !approvals.includes(code)) return UNKNOWN
    const codes = codesOf.get(appId) ?? new Set()
    if (codes.has(code) === (action === 'subscribe')) return EXISTED
    if (action === 'subscribe') codes.add(code)
    else codes.delete(code)
    return OK
  }
  return {
    answer(call) {
      if (call.method !== 'POST') return undefined
      if (call.path === TOKEN_PATH) return tokens.issue(call)
      const [, code, action] = SUBSCRIPTION_PATH.exec(call.path) ?? []
      if (code === undefined || action === undefined) return undefined
      return authorized(tokens, call, ({ id }) => {
        return spend(`${id} ${action}`) ?? change(id, decodeURIComponent(code), action)
      })
    },
    isSubscribed: (appId, code) => codesOf.get(appId)?.has(code) ?? false,
    failNext(count) {
      failing = count
    },
    expireTokens: tokens.expire,
  }
}

function authorized(
  tokens: Tokens,
  { authorization }: Call,
  answer: (app: SimulatedApp) => Answer,
): Answer {
  if (authorization === undefined) return NO_TOKEN
  const app = tokens.appOf(authorization)
  return app ? answer(app) : BAD_TOKEN
}

/** Refuses what is over a hundred calls of one kind within a minute. */
function createRate(now: () => number): (kind: string) => Answer | undefined {
  const calls = new Map<string, readonly number[]>()
  return (kind) => {
    const recent = (calls.get(kind) ?? []).filter((at) => at > now() - MINUTE_MS)
    const [oldest = now()] = recent
    if (recent.length < CALLS_A_MINUTE) {
      calls.set(kind, [...recent, now()])
      return undefined
    }
    const reset = String(Math.ceil((oldest + MINUTE_MS - now()) / 1000))
    return {
      status: 429,
      headers: { 'x-ogw-ratelimit-limit': String(CALLS_A_MINUTE), 'x-ogw-ratelimit-reset': reset },
      body: { code: 99991400, msg: 'request trigger frequency limit' },
    }
  }
}
