import type { Runtime } from '../../core/runtime.ts'
import type { FeishuApp } from '../app-options.ts'
import { type ApiAnswer, call } from './call.ts'
import { createTenantToken } from './tenant-token.ts'

/** What Feishu said of one subscription. `busy`: it asks to be tried again; `refused` is all else that it may say. */
export interface Subscribed {
  readonly state: 'subscribed' | 'already subscribed' | 'unknown' | 'busy' | 'refused'
  readonly message: string
}

/** Subscribes the app to the events of one approval. Throws what concerns all approvals, not this one alone. */
export type Subscribe = (approvalCode: string, signal: AbortSignal) => Promise<Subscribed>

/** As the page "Subscribe to approval events" of the approval API v4 has them. */
const INVALID_CODE = 1390001
const NO_SUCH_APPROVAL = 1390002
const SUBSCRIPTION_EXISTED = 1390007
const TRY_AGAIN = 1395001

/** The token has run out or was taken back. */
const BAD_TOKEN = [99991661, 99991663, 99991664, 99991671]
const SCOPE_MISSING = 99991672

export function createSubscribe(app: FeishuApp, runtime: Runtime): Subscribe {
  const tenantToken = createTenantToken(app, runtime)

  async function ask(approvalCode: string, token: string, signal: AbortSignal) {
    const code = encodeURIComponent(approvalCode.toWellFormed())
    const path = `/open-apis/approval/v4/approvals/${code}/subscribe`
    return call(runtime, {
      url: `${app.domain}${path}`,
      headers: { Authorization: `Bearer ${token}` },
      // The place in routes.yaml says which approval it is: its code may come from a variable.
      secrets: [app.appSecret, token, approvalCode],
      signal,
    })
  }

  return async (approvalCode, signal) => {
    const token = await tenantToken.get(signal)
    let answer = await ask(approvalCode, token, signal)
    if (BAD_TOKEN.includes(answer.code)) {
      tenantToken.drop(token)
      answer = await ask(approvalCode, await tenantToken.get(signal), signal)
    }
    return read(answer)
  }
}

function read({ code, msg }: ApiAnswer): Subscribed {
  if (code === 0) return { state: 'subscribed', message: '' }
  if (code === SUBSCRIPTION_EXISTED) return { state: 'already subscribed', message: '' }
  const message = `Feishu answered ${code}: ${msg}`
  if (code === NO_SUCH_APPROVAL || code === INVALID_CODE) return { state: 'unknown', message }
  if (code === TRY_AGAIN) return { state: 'busy', message }
  if (code !== SCOPE_MISSING) return { state: 'refused', message }
  const hint =
    'give the app the scope approval:approval or approval:definition in the developer console, and publish a version of it'
  return { state: 'refused', message: `${message} – ${hint}` }
}
