import type { Runtime } from '../core/runtime.ts'
import { createFeishuCipher } from './crypto.ts'

/** A callback as it goes over HTTP. */
export interface SealedCallback {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const CONTENT_TYPE = { 'Content-Type': 'application/json; charset=utf-8' }

/**
 * Puts an event's JSON text on the wire as Feishu does: encrypted and signed for an app that has an Encrypt Key, in the
 * clear for one that has none.
 */
export async function createSeal(
  encryptKey: string | undefined,
  { crypto, now }: Pick<Runtime, 'crypto' | 'now'>,
): Promise<(text: string) => SealedCallback | Promise<SealedCallback>> {
  if (encryptKey === undefined) return (text) => ({ headers: CONTENT_TYPE, body: text })
  const cipher = await createFeishuCipher(encryptKey, crypto)
  return async (text) => {
    // To the letter what JSON.stringify writes: the official Node SDK signs the body that it has parsed and written anew.
    const body = `{"encrypt":"${await cipher.encrypt(text)}"}`
    const timestamp = String(Math.floor(now() / 1000))
    const nonce = crypto.toHex(crypto.randomBytes(16))
    const signature = await cipher.sign(timestamp, nonce, body)
    return {
      headers: {
        ...CONTENT_TYPE,
        'X-Lark-Request-Timestamp': timestamp,
        'X-Lark-Request-Nonce': nonce,
        'X-Lark-Signature': signature,
      },
      body,
    }
  }
}
