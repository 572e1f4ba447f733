import type { Crypto } from '../core/runtime.ts'

/** The value of `webhook-signature`; `timestamp` in whole Unix seconds. */
export type Sign = (id: string, timestamp: number, body: string) => Promise<string>

/**
 * Signs as Standard Webhooks 1.0 has it, with every key, so that receivers can change from one to the next: `whsec_`
 * keys sign by HMAC-SHA256 (v1), `whsk_` keys by Ed25519 (v1a). The keys must have no `keyProblem`.
 */
export function createSign(keys: readonly string[], crypto: Crypto): Sign {
  const signers = keys.map((key) => createSigner(key, crypto))
  return async (id, timestamp, body) => {
    const content = `${id}.${timestamp}.${body}`
    const signatures = await Promise.all(signers.map((sign) => sign(content)))
    return signatures.join(' ')
  }
}

function createSigner(key: string, crypto: Crypto): (content: string) => Promise<string> {
  if (key.startsWith('whsec_')) {
    const bytes = bytesOf(key, 'whsec_')
    return async (content) => `v1,${crypto.toBase64(await crypto.hmacSha256(bytes, content))}`
  }
  const seed = bytesOf(key, 'whsk_').subarray(0, 32)
  return async (content) => `v1a,${crypto.toBase64(await crypto.signEd25519(seed, content))}`
}

/** What is wrong with a signing key, without showing it; undefined when it is in order. */
export function keyProblem(key: string): string | undefined {
  if (key.startsWith('whsec_')) {
    const { length } = bytesOf(key, 'whsec_')
    return length >= 24 && length <= 64
      ? undefined
      : 'must be whsec_ and the base64 of 24 to 64 random bytes (openssl rand -base64 32)'
  }
  if (key.startsWith('whsk_')) {
    return bytesOf(key, 'whsk_').length === 64
      ? undefined
      : 'must be whsk_ and the base64 of 64 bytes: the Ed25519 seed, then its public key'
  }
  return key.startsWith('whpk_')
    ? 'is the public key, which the receiver holds; the private one starts with whsk_'
    : 'must start with whsec_ (HMAC-SHA256) or whsk_ (Ed25519)'
}

/** Empty where it is not base64. */
function bytesOf(key: string, prefix: string): Uint8Array {
  try {
    return Uint8Array.from(atob(key.slice(prefix.length)), (byte) => byte.charCodeAt(0))
  } catch {
    return new Uint8Array()
  }
}
