import { isObject } from '../core/event.ts'
import type { Runtime } from '../core/runtime.ts'
import { createSeal } from '../feishu/seal.ts'
import { setToken } from '../feishu/token.ts'
import type { SimulatedApp } from './app.ts'
import { type PostLimits, post } from './post.ts'
import type { Attempt } from './schedule.ts'

export interface PushOptions {
  readonly runtime: Pick<Runtime, 'crypto' | 'now'>
  /** Default: what Feishu allows. */
  readonly limits?: PostLimits
  /**
   * Whether each retry has a timestamp and a signature of its own. Feishu does not say; without it a retry carries those
   * of up to seven hours ago, which a receiver must take as well. Default false.
   */
  readonly signAgain?: boolean
}

/** The push of one app's events to its request URL. */
export interface Push {
  /** For one event: each call of what it gives pushes it once. `text` is a v1 or v2 body; the token is put into it. */
  sendOf(text: string): (url: string) => Promise<Attempt>
  /** What the console does before it saves a request URL. Rejects with the reason why it would not save it. */
  verify(url: string): Promise<void>
}

const LIMITS: PostLimits = { connectMs: 2_000, answerMs: 3_000 }
const VERIFIED_WITHIN: PostLimits = { connectMs: 1_000, answerMs: 1_000 }

export async function createPush(app: SimulatedApp, options: PushOptions): Promise<Push> {
  const { runtime, limits = LIMITS, signAgain = false } = options
  const seal = await createSeal(app.encryptKey, runtime)
  return {
    sendOf(text) {
      const withToken = setToken(text, app.verificationToken)
      let sealed: ReturnType<typeof seal> | undefined
      return async (url) => {
        if (signAgain || !sealed) sealed = seal(withToken)
        return post(url, await sealed, limits)
      }
    },
    async verify(url) {
      const challenge = runtime.crypto.toHex(runtime.crypto.randomBytes(16))
      const question = { challenge, token: app.verificationToken, type: 'url_verification' }
      const { body } = await seal(JSON.stringify(question))
      // Encrypted where there is a key, and never signed.
      const message = { headers: { 'Content-Type': 'application/json; charset=utf-8' }, body }
      const { status, said } = await post(url, message, VERIFIED_WITHIN)
      if (status === 200 && challengeIn(said) === challenge) return
      throw new Error(`${url} did not answer its url_verification: ${status ?? ''} ${said}`)
    },
  }
}

function challengeIn(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text)
    return isObject(body) ? body.challenge : undefined
  } catch {
    return undefined
  }
}
