import { messageOf } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../../core/event.ts'
import { printable } from '../../core/printable.ts'
import type { Runtime } from '../../core/runtime.ts'
import { within } from '../../core/within.ts'

/** For one request. */
const TIMEOUT_MS = 10_000

/** Feishu's own words are cut here. */
const MAX_WORDS = 300

/** "request trigger frequency limit", over all of an app's requests or those to one API. */
const TOO_MANY = 99991400

const FOREIGN = 'not as the open platform does: is domain right?'

export interface ApiAnswer {
  /** 0 is success. Feishu's own, or the HTTP status where the answer is not in Feishu's form. */
  readonly code: number
  readonly msg: string
  readonly body: JsonObject
}

export interface ApiRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: JsonObject
  /** What no message may repeat, should Feishu do. */
  readonly secrets: readonly string[]
  readonly signal: AbortSignal
}

/** Throws where there is no answer to what was asked, but later may be: after connection errors, 429 and 5xx. */
export async function call(runtime: Runtime, request: ApiRequest): Promise<ApiAnswer> {
  const { host } = new URL(request.url)
  const { status, text } = await exchange(runtime, request).catch((error: unknown) => {
    throw new Error(`${host} cannot be asked: ${messageOf(error)}`)
  })
  const body = parse(text) ?? {}
  const code = typeof body.code === 'number' ? body.code : undefined
  const msg = code === undefined ? FOREIGN : wordsOf(body.msg, request.secrets)
  if (status === 429 || status >= 500 || code === TOO_MANY) {
    throw new Error(`${host} answered ${status}${code === undefined ? '' : ` (${code}: ${msg})`}`)
  }
  return { code: code ?? status, msg, body }
}

async function exchange(
  { fetch }: Runtime,
  { url, headers, body, signal }: ApiRequest,
): Promise<{ status: number; text: string }> {
  const type = body && { 'Content-Type': 'application/json; charset=utf-8' }
  const text = body ? JSON.stringify(body) : ''
  const init = { method: 'POST', headers: { ...type, ...headers }, body: text }
  return within(
    TIMEOUT_MS,
    async (late) => {
      const answer = await fetch(url, { ...init, signal: AbortSignal.any([signal, late]) })
      return { status: answer.status, text: await answer.text() }
    },
    () => new Error(`no answer within ${TIMEOUT_MS / 1000} s`),
  )
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Feishu's own words as they may be shown: on one line, not too many, and without secrets. */
export function wordsOf(msg: unknown, secrets: readonly string[]): string {
  const words = typeof msg === 'string' ? msg : ''
  const concealed = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), words)
  return printable(concealed).slice(0, MAX_WORDS)
}
