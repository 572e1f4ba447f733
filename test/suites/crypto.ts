import type { Crypto } from '../../src/core/runtime.ts'
import { createFeishuCipher } from '../../src/feishu/crypto.ts'
import { createSign } from '../../src/sinks/sign.ts'
import type { Vectors } from '../fixtures/vectors.ts'

/** A question to a crypto, whose answer is plain JSON, so that it can be asked where no test runner is. */
interface CryptoCase {
  readonly name: string
  readonly expected: unknown
  ask(crypto: Crypto): unknown
}

export interface CryptoAnswer extends Pick<CryptoCase, 'name' | 'expected'> {
  readonly answer: unknown
}

/** What a case answers that throws or rejects. */
const FAILS = 'fails'

export async function askAll(vectors: Vectors, crypto: Crypto): Promise<readonly CryptoAnswer[]> {
  const cases = [...primitives, ...encodings, ...standardWebhooks, ...feishu(vectors)]
  return Promise.all(
    cases.map(async ({ name, expected, ask }) => {
      const answer = await Promise.resolve(crypto)
        .then(ask)
        .catch(() => FAILS)
      return { name, expected, answer }
    }),
  )
}

const utf8 = new TextEncoder()
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const fromHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

const primitives: readonly CryptoCase[] = [
  {
    name: 'SHA-256 of its parts as one text: "abc" of FIPS 180-2',
    expected: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ask: async (crypto) => crypto.toHex(await crypto.sha256('a', utf8.encode('b'), 'c')),
  },
  {
    name: 'HMAC-SHA256: RFC 4231, case 2',
    expected: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ask: async (crypto) => {
      const content = 'what do ya want for nothing?'
      return crypto.toHex(await crypto.hmacSha256(utf8.encode('Jefe'), content))
    },
  },
  {
    name: 'Ed25519: RFC 8032, test 2, every time',
    expected: Array(2).fill(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ),
    ask: async (crypto) => {
      const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
      const sign = async () => crypto.toHex(await crypto.signEd25519(seed, Uint8Array.of(0x72)))
      return [await sign(), await sign()]
    },
  },
  {
    name: 'a key is remembered, and not taken for another one',
    expected: [true, false],
    ask: async (crypto) => {
      const key = new Uint8Array(32)
      const macOf = async (bytes: Uint8Array) => crypto.toHex(await crypto.hmacSha256(bytes, 'x'))
      const first = await macOf(key)
      return [first === (await macOf(key)), first === (await macOf(new Uint8Array(32).fill(1)))]
    },
  },
  {
    name: 'AES-256-CBC opens what it closed, with its padding',
    expected: '抄送 🏖️\u0002\u0002',
    ask: async (crypto) => {
      const [key, iv] = [crypto.randomBytes(32), crypto.randomBytes(16)]
      const closed = await crypto.encryptAesCbc(key, iv, '抄送 🏖️')
      return text(await crypto.decryptAesCbc(key, iv, closed))
    },
  },
  {
    name: 'AES-256-CBC leaves a wrong padding to whoever asked',
    expected: 'one block and a ',
    ask: async (crypto) => {
      const [key, iv] = [crypto.randomBytes(32), crypto.randomBytes(16)]
      const closed = await crypto.encryptAesCbc(key, iv, 'one block and a second one')
      return text(await crypto.decryptAesCbc(key, iv, closed.subarray(0, 16)))
    },
  },
  {
    name: 'AES-256-CBC fails on half a block',
    expected: FAILS,
    ask: async (crypto) => {
      const [key, iv] = [crypto.randomBytes(32), crypto.randomBytes(16)]
      const closed = await crypto.encryptAesCbc(key, iv, 'one block and a second one')
      return crypto.decryptAesCbc(key, iv, closed.subarray(1))
    },
  },
  {
    name: 'random bytes are as many as asked for, and others each time',
    expected: [16, true],
    ask: (crypto) => {
      const [one, other] = [crypto.randomBytes(16), crypto.randomBytes(16)]
      return [one.length, crypto.toHex(one) !== crypto.toHex(other)]
    },
  },
]

const encodings: readonly CryptoCase[] = [
  {
    name: 'a view of a larger buffer is encoded, and only that',
    expected: ['0203', 'AgM=', [2, 3]],
    ask: (crypto) => {
      const view = Uint8Array.of(1, 2, 3, 4).subarray(1, 3)
      return [crypto.toHex(view), crypto.toBase64(view), [...crypto.fromBase64('AgM=')]]
    },
  },
  {
    name: 'base64 carries a megabyte, and every byte',
    expected: [1_398_104, true],
    ask: (crypto) => {
      const bytes = Uint8Array.from({ length: 1_048_576 }, (_, index) => index % 256)
      const base64 = crypto.toBase64(bytes)
      return [base64.length, crypto.equal(crypto.fromBase64(base64), bytes)]
    },
  },
  ...[
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'ab', false],
    ['ab', 'abc', false],
    ['', '', true],
    ['抄送', '抄送', true],
  ].map(([a, b, expected]) => ({
    name: `equal(${a}, ${b}), as text and as bytes`,
    expected: [expected, expected],
    ask: ({ equal }: Crypto) => [
      equal(String(a), String(b)),
      equal(utf8.encode(String(a)), String(b)),
    ],
  })),
]

/** The vectors of the Standard Webhooks specification. */
const standardWebhooks: readonly CryptoCase[] = [
  ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  [
    'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
    'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  ],
].map(([key = '', expected]) => ({
  name: `Standard Webhooks: ${key.slice(0, 5)}`,
  expected,
  ask: (crypto) =>
    createSign([key], crypto)('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}'),
}))

function feishu(vectors: Vectors): readonly CryptoCase[] {
  const opening = (name: string, key: string, base64: string, expected: string): CryptoCase => ({
    name,
    expected,
    ask: async (crypto) => (await createFeishuCipher(key, crypto)).decrypt(base64),
  })
  return [
    ...vectors.encryption.map((one) =>
      opening(`decrypts ${one.name}`, one.encrypt_key, one.ciphertext_b64, one.plaintext),
    ),
    ...vectors.official_fixed_vectors.map((one) =>
      opening(
        `decrypts the vector of ${one.source}`,
        one.encrypt_key,
        one.ciphertext_b64,
        one.plaintext_decrypted_by_node_sdk,
      ),
    ),
    ...vectors.signatures.map((one) => ({
      name: `signs: ${one.name}`,
      expected: one.signature,
      ask: async (crypto: Crypto) => {
        const cipher = await createFeishuCipher(one.encrypt_key, crypto)
        return cipher.sign(one.timestamp, one.nonce, utf8.encode(one.raw_body))
      },
    })),
    ...[
      ['nothing', ''],
      ['an IV alone', 'AAAAAAAAAAAAAAAAAAAAAA=='],
      ['half a block', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
      ['half an IV', 'AAAAAAAAAAA='],
      ['what is not base64', '%%%%'],
      ['a padding that is not PKCS#7', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    ].map(([name, base64 = '']) => opening(`refuses ${name}`, 'test key', base64, FAILS)),
  ]
}
