import type { Runtime } from '../../core/runtime.ts'
import { call } from '../../feishu/api/call.ts'
import type { FeishuApp } from '../../feishu/app-options.ts'
import { refusalOf } from './refusal.ts'

/** Asks where the app would connect to. Whoever only asks has no connection. */
export async function probeConnection(
  { domain, appId, appSecret }: FeishuApp,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<string> {
  const { body } = await call(runtime, {
    url: `${domain}/callback/ws/endpoint`,
    headers: { locale: 'zh' },
    body: { AppID: appId, AppSecret: appSecret },
    secrets: [appSecret],
    signal,
  })
  const refusal = refusalOf(body)
  if (refusal) throw new Error(refusal.message)
  return 'Feishu lets it connect'
}
