import { randomBytes } from 'node:crypto'
import type { SimulatedApp } from './app.ts'
import type { Answer, Call } from './call.ts'

/** The tenant access tokens of Feishu's apps. */
export interface Tokens {
  /** `POST /open-apis/auth/v3/tenant_access_token/internal` */
  issue(call: Call): Answer
  /** The app that an `Authorization` header speaks for; undefined where its token is unknown or too old. */
  appOf(authorization: string | undefined): SimulatedApp | undefined
  /** Makes every token too old at once. */
  expire(): void
}

interface Token {
  readonly text: string
  readonly app: SimulatedApp
  readonly expiresAt: number
}

const LIFETIME_MS = 7_200_000
/** Once less than this is left of a token a new one is given; both are valid then. */
const RENEWED_MS = 1_800_000

export function createTokens(apps: readonly SimulatedApp[], now: () => number): Tokens {
  let tokens: readonly Token[] = []
  const latestOf = (app: SimulatedApp): Token => {
    const fresh = tokens.find((t) => t.app === app && t.expiresAt - now() >= RENEWED_MS)
    if (fresh) return fresh
    const text = `t-${randomBytes(20).toString('hex')}`
    const token = { text, app, expiresAt: now() + LIFETIME_MS }
    tokens = [...tokens.filter(({ expiresAt }) => expiresAt > now()), token]
    return token
  }
  return {
    issue({ body }) {
      const app = apps.find(({ id }) => id === body.app_id)
      if (!app) return { status: 200, body: { code: 10003, msg: 'invalid param' } }
      if (app.secret !== body.app_secret)
        return { status: 200, body: { code: 10014, msg: 'app secret invalid' } }
      const { text, expiresAt } = latestOf(app)
      const expire = Math.floor((expiresAt - now()) / 1000)
      return { status: 200, body: { code: 0, msg: 'ok', tenant_access_token: text, expire } }
    },
    appOf: (authorization) =>
      tokens.find(({ text, expiresAt }) => authorization === `Bearer ${text}` && expiresAt > now())
        ?.app,
    expire() {
      tokens = []
    },
  }
}
