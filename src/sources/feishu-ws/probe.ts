import { messageOf } from '../../core/errors.ts'
import type { Runtime } from '../../core/runtime.ts'
import { call } from '../../feishu/api/call.ts'
import type { FeishuApp } from '../../feishu/app-options.ts'
import { addressOf } from './refusal.ts'
import { connectTo } from './socket.ts'

/** Asks where the app would connect to, and whether that can be reached. Whoever only asks has no connection. */
export async function probeConnection(
  { domain, appId, appSecret }: FeishuApp,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<string> {
  const answer = await call(runtime, {
    url: `${domain}/callback/ws/endpoint`,
    headers: { locale: 'zh' },
    body: { AppID: appId, AppSecret: appSecret },
    secrets: [appSecret],
    signal,
  })
  const address = addressOf(answer)
  if ('refused' in address) throw new Error(address.message)
  await reach(address, runtime, signal)
  return 'Feishu lets it connect'
}

/** Sends nothing: the ticket in the address stays good. */
async function reach(address: URL, { egress }: Runtime, signal: AbortSignal): Promise<void> {
  const isSecure = address.protocol === 'wss:'
  const host = address.hostname.replace(/^\[|\]$/g, '')
  const port = Number(address.port) || (isSecure ? 443 : 80)
  try {
    const socket = await connectTo({ host, port, isSecure }, egress, signal)
    socket.destroy()
  } catch (error) {
    throw new Error(`${address.host} cannot be reached: ${messageOf(error)}`)
  }
}
