import type { Crypto } from '../../core/runtime.ts'

/** Bytes that WebCrypto takes: not those of memory that threads share. */
type Bytes = Uint8Array<ArrayBuffer>

type Key = Awaited<ReturnType<typeof subtle.importKey>>

const { subtle } = crypto

/** What stands before the 32 bytes of a seed to make it an Ed25519 private key (RFC 8410, PKCS#8 DER). */
const ED25519_PKCS8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)

const BLOCK_BYTES = 16

/** WebCrypto, for hosts without a crypto of their own. */
export const webCrypto: Crypto = {
  async sha256(...parts) {
    return new Uint8Array(await subtle.digest('SHA-256', bytesOf(...parts)))
  },
  async hmacSha256(key, content) {
    return new Uint8Array(await subtle.sign('HMAC', await hmacKey(key), bytesOf(content)))
  },
  async signEd25519(seed, content) {
    return new Uint8Array(await subtle.sign('Ed25519', await ed25519Key(seed), bytesOf(content)))
  },
  async encryptAesCbc(key, iv, plain) {
    return encryptAesCbc(await aesKey(key), bytesOf(iv), bytesOf(plain))
  },
  async decryptAesCbc(key, iv, cipher) {
    if (cipher.length % BLOCK_BYTES !== 0) throw new Error('the last block is not whole')
    const secret = await aesKey(key)
    const lastBlock = bytesOf(iv, cipher).slice(-BLOCK_BYTES)
    // WebCrypto takes a padding off. One block more, of nothing but padding, keeps the one before it on.
    const padding = await encryptAesCbc(secret, lastBlock, new Uint8Array())
    const algorithm = { name: 'AES-CBC', iv: bytesOf(iv) }
    return new Uint8Array(await subtle.decrypt(algorithm, secret, bytesOf(cipher, padding)))
  },
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  toBase64: (bytes) => btoa(binaryOf(bytes)),
  toHex: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
  fromBase64(text) {
    const binary = atob(text)
    const bytes = new Uint8Array(binary.length)
    for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index)
    return bytes
  },
  equal(a, b) {
    const [left, right] = [bytesOf(a), bytesOf(b)]
    if (left.length !== right.length) return false
    let difference = 0
    for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0)
    return difference === 0
  },
}

async function encryptAesCbc(key: Key, iv: Bytes, plain: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle.encrypt({ name: 'AES-CBC', iv }, key, plain))
}

const hmacKey = remembered((bytes) =>
  subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']),
)

const aesKey = remembered((bytes) =>
  subtle.importKey('raw', bytes, 'AES-CBC', false, ['encrypt', 'decrypt']),
)

const ed25519Key = remembered((seed) =>
  subtle.importKey('pkcs8', bytesOf(ED25519_PKCS8, seed), 'Ed25519', false, ['sign']),
)

/** Each key is imported once, and kept while its bytes live. */
function remembered(make: (bytes: Bytes) => Promise<Key>): (bytes: Uint8Array) => Promise<Key> {
  const keys = new WeakMap<Uint8Array, Key>()
  return async (bytes) => {
    const key = keys.get(bytes) ?? (await make(bytesOf(bytes)))
    keys.set(bytes, key)
    return key
  }
}

const utf8 = new TextEncoder()

/** Copied into one. */
function bytesOf(...parts: readonly (string | Uint8Array)[]): Bytes {
  const pieces = parts.map((part) => (typeof part === 'string' ? utf8.encode(part) : part))
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** How many arguments a function surely takes. */
const CHUNK_BYTES = 8192

/** A character a byte, which is what `btoa` takes. */
function binaryOf(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES))
  }
  return binary
}
