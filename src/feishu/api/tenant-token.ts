import type { Runtime } from '../../core/runtime.ts'
import type { FeishuApp } from '../app-options.ts'
import { call } from './call.ts'

/** Feishu gives the same token until 30 minutes of it are left, so that this asks once an hour and a half. */
const MARGIN_MS = 25 * 60_000

/** The app's `tenant_access_token`. */
export interface TenantToken {
  /** Throws where the app is refused, saying what to do, or Feishu cannot be asked. */
  get(signal: AbortSignal): Promise<string>
  /** Feishu does not take this one any more. */
  drop(token: string): void
}

/** Kept until shortly before it runs out. */
export function createTenantToken(app: FeishuApp, runtime: Runtime): TenantToken {
  let kept: { readonly token: string; readonly renewAt: number } | undefined
  return {
    async get(signal) {
      if (kept && runtime.now() < kept.renewAt) return kept.token
      const { token, expiresMs } = await request(app, runtime, signal)
      kept = { token, renewAt: runtime.now() + Math.max(expiresMs - MARGIN_MS, expiresMs / 2) }
      return token
    },
    drop(token) {
      if (kept?.token === token) kept = undefined
    },
  }
}

async function request(
  { domain, appId, appSecret }: FeishuApp,
  runtime: Runtime,
  signal: AbortSignal,
) {
  const url = `${domain}/open-apis/auth/v3/tenant_access_token/internal`
  const answer = await call(runtime, {
    url,
    body: { app_id: appId, app_secret: appSecret },
    secrets: [appSecret],
    signal,
  })
  const { tenant_access_token: token, expire } = answer.body
  if (answer.code === 0 && typeof token === 'string' && token !== '') {
    return { token, expiresMs: typeof expire === 'number' ? expire * 1000 : 0 }
  }
  const said = `${answer.code}: ${answer.msg}`
  const advice = `compare both with the app's credentials in the developer console, and domain with where that is`
  throw new Error(`Feishu refuses app_id and app_secret (${said}): ${advice}`)
}
