import { messageOf } from '../core/errors.ts'
import type { Crypto, FetchResponse } from '../core/runtime.ts'
import { within } from '../core/within.ts'
import { createFeishuCipher } from '../feishu/crypto.ts'
import { describe } from './answer.ts'
import type { WebhookOptions } from './webhook-options.ts'

/** Feishu waits no longer for an answer. */
const ANSWER_MS = 3_000

const HEADERS = { 'Content-Type': 'application/json; charset=utf-8' }

export type Post = (
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<FetchResponse>

/**
 * Asks a receiver what Feishu asks of an app's request URL. For an app that has an Encrypt Key Feishu encrypts the
 * question; it signs none. Rejects with what came instead of the answer, and what to do.
 */
export async function createUrlVerification(
  { verification_token: token = '', encrypt_key }: WebhookOptions,
  crypto: Crypto,
  post: Post,
): Promise<(signal: AbortSignal) => Promise<string>> {
  const cipher =
    encrypt_key === undefined ? undefined : await createFeishuCipher(encrypt_key, crypto)
  const ask = async (challenge: string, signal: AbortSignal) => {
    const question = JSON.stringify({ challenge, token, type: 'url_verification' })
    const body = cipher ? JSON.stringify({ encrypt: await cipher.encrypt(question) }) : question
    const answer = await post(HEADERS, body, signal)
    check(answer.status, await answer.text().catch(() => ''), challenge)
  }
  return async (signal) => {
    const challenge = crypto.toHex(crypto.randomBytes(16))
    try {
      await within(ANSWER_MS, (late) => ask(challenge, AbortSignal.any([signal, late])), unanswered)
    } catch (error) {
      throw new Error(`does not answer its url_verification: ${messageOf(error)}`, { cause: error })
    }
    return 'answers its url_verification'
  }
}

const THEIRS = "are verification_token and encrypt_key the receiver's own"

function unanswered(): Error {
  // Handlers of the official Node SDK do not answer at another path, nor what they cannot decrypt.
  return new Error(
    `no answer within ${ANSWER_MS / 1000} s: is the path in url the receiver's, and ${THEIRS}?`,
  )
}

function check(status: number, text: string, challenge: string): void {
  if (status !== 200) throw new Error(adviceOn(status, text))
  const answered = challengeIn(text)
  if (answered === challenge) return
  if (answered !== undefined) throw new Error('it answers another challenge than it was asked')
  throw new Error(
    `HTTP 200 without the challenge${shown(text)}: ${THEIRS}, and does it handle url_verification (autoChallenge in the Node SDK)?`,
  )
}

function adviceOn(status: number, text: string): string {
  if (status === 410 || (status >= 300 && status < 400)) return describe(status)
  const advice = status === 404 || status === 405 ? "is the path in url the receiver's" : THEIRS
  return `HTTP ${status}${shown(text)}: ${advice}?`
}

function challengeIn(text: string): unknown {
  try {
    const answer: unknown = JSON.parse(text)
    return Object(answer).challenge
  } catch {
    return undefined
  }
}

/** Whole or not at all: it may send back what it was sent, and half a secret would not be known for one. */
function shown(text: string): string {
  const said = text.trim()
  return said === '' || said.length > 200 ? '' : ` (${said})`
}
