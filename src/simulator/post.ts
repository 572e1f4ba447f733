import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import type { SealedCallback } from '../feishu/seal.ts'
import type { Attempt } from './schedule.ts'

/** Source: open.feishu.cn, "Handle callbacks": connected within two seconds, answered within three. */
export interface PostLimits {
  readonly connectMs: number
  readonly answerMs: number
}

/** Posts over a connection of its own, follows no redirect, and never rejects. */
export async function post(
  url: string,
  { headers, body }: SealedCallback,
  { connectMs, answerMs }: PostLimits,
): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<Attempt>()
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  const request = send(url, { method: 'POST', headers, agent: false }, async (response) => {
    const said = await text(response).catch((error: Error) => error)
    if (said instanceof Error) resolve({ status: undefined, said: said.message })
    else resolve({ status: response.statusCode, said })
  })
  const endAfter = (ms: number, reason: string) =>
    setTimeout(() => request.destroy(new Error(`${reason} within ${ms} ms`)), ms)
  const connecting = endAfter(connectMs, 'no connection')
  const answering = endAfter(answerMs, 'no answer')
  request.on('socket', (socket) => socket.once('connect', () => clearTimeout(connecting)))
  request.on('error', (error) => resolve({ status: undefined, said: error.message }))
  request.end(body)
  try {
    return await promise
  } finally {
    clearTimeout(connecting)
    clearTimeout(answering)
  }
}
