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
      return utf8.decode(await crypto.decryptAesCbc(key, iv, wire.subarray(IV_BYTES)))
    },
    async sign(timestamp, nonce, body) {
      return crypto.toHex(await crypto.sha256(timestamp, nonce, encryptKey, body))
    },
  }
}
