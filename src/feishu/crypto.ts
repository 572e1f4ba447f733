import type { Crypto } from '../core/runtime.ts'

/**
 * What one Encrypt Key does: AES-256-CBC under SHA-256(key), on the wire base64(IV ‖ ciphertext), and the callback
 * signature. Source: open.feishu.cn, "Configure encrypt key" and the official SDKs' AESCipher.
 */
export interface FeishuCipher {
  /** Base64, under a fresh IV. */
  encrypt(text: string): Promise<string>
  /** Rejects where the padding is wrong or the result is not UTF-8. */
  decrypt(base64: string): Promise<string>
  /** `X-Lark-Signature`: lower-case hex of SHA-256(timestamp ‖ nonce ‖ key ‖ body). The body's bytes as sent. */
  sign(timestamp: string, nonce: string, body: string | Uint8Array): Promise<string>
}

const IV_BYTES = 16
const utf8 = new TextDecoder('utf-8', { fatal: true })

export async function createFeishuCipher(
  encryptKey: string,
  crypto: Crypto,
): Promise<FeishuCipher> {
  const key = await crypto.sha256(encryptKey)
  return {
    async encrypt(text) {
      const iv = crypto.randomBytes(IV_BYTES)
      const cipher = await crypto.encryptAesCbc(key, iv, text)
      const wire = new Uint8Array(IV_BYTES + cipher.length)
      wire.set(iv)
      wire.set(cipher, IV_BYTES)
      return crypto.toBase64(wire)
    },
    async decrypt(base64) {
      const wire = crypto.fromBase64(base64)
      const iv = wire.subarray(0, IV_BYTES)
      const padded = await crypto.decryptAesCbc(key, iv, wire.subarray(IV_BYTES))
      const length = lengthWithoutPadding(padded)
      // Decoded either way, so that the time taken does not tell a wrong padding from a wrong text.
      const text = utf8.decode(padded.subarray(0, length ?? padded.length))
      if (length === undefined) throw new Error('the padding is wrong')
      return text
    },
    async sign(timestamp, nonce, body) {
      return crypto.toHex(await crypto.sha256(timestamp, nonce, encryptKey, body))
    },
  }
}

const BLOCK_BYTES = 16

/** PKCS#7 (RFC 5652, section 6.3), looking at the whole last block whatever it holds; undefined where it is wrong. */
function lengthWithoutPadding(padded: Uint8Array): number | undefined {
  const count = padded.at(-1) ?? 0
  let wrong = Number(count < 1) | Number(count > BLOCK_BYTES)
  for (let back = 1; back <= BLOCK_BYTES; back++) {
    const isPadding = Number(back <= count)
    wrong |= isPadding * ((padded.at(-back) ?? 0) ^ count)
  }
  return wrong === 0 ? padded.length - count : undefined
}
