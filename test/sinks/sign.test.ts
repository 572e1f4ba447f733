import { generateKeyPairSync, verify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { createSign, keyProblem } from '../../src/sinks/sign.ts'

const hmacKey = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ed25519Key =
  'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const body = '{"test": 2432232314}'
const v1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
const v1a =
  'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=='

test.each([
  ['HMAC-SHA256', [hmacKey], v1],
  ['Ed25519', [ed25519Key], v1a],
  ['each of several keys', [ed25519Key, hmacKey], `${v1a} ${v1}`],
])('signs the vectors of Standard Webhooks with %s', async (_, keys, expected) => {
  expect(await createSign(keys, nodeCrypto)(id, 1614265330, body)).toBe(expected)
})

test('a receiver with either key of a rotation verifies, as bytes beyond ASCII', async () => {
  const next = `whsec_${Buffer.alloc(64, 7).toString('base64')}`
  const now = Math.floor(Date.now() / 1000)
  const text = '{"抄送":"🏖️"}'
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': await createSign([hmacKey, next], nodeCrypto)(id, now, text),
  }
  for (const key of [hmacKey, next]) {
    expect(new Webhook(key).verify(text, headers)).toEqual({ 抄送: '🏖️' })
  }
  const stranger = new Webhook(`whsec_${Buffer.alloc(64, 8).toString('base64')}`)
  expect(() => stranger.verify(text, headers)).toThrow()
})

test('a receiver with the public key verifies', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const key = `whsk_${Buffer.concat([seed, point]).toString('base64')}`
  expect(keyProblem(key)).toBeUndefined()
  const signature = (await createSign([key], nodeCrypto)(id, 1, body)).slice('v1a,'.length)
  const content = Buffer.from(`${id}.1.${body}`)
  expect(verify(null, content, publicKey, Buffer.from(signature, 'base64'))).toBe(true)
})

describe('keyProblem', () => {
  const key = (prefix: string, bytes: number) => prefix + Buffer.alloc(bytes, 9).toString('base64')

  test.each([24, 32, 64])('takes an HMAC key of %d bytes', (bytes) => {
    expect(keyProblem(key('whsec_', bytes))).toBeUndefined()
  })

  test('takes base64 without its padding', () => {
    expect(keyProblem(key('whsec_', 32).replace('=', ''))).toBeUndefined()
  })

  test.each([
    [key('whsec_', 23), /24 to 64 random bytes/],
    [key('whsec_', 65), /24 to 64 random bytes/],
    ['whsec_', /24 to 64 random bytes/],
    ['whsec_not-base64-at-all-but-long-enough', /24 to 64 random bytes/],
    [key('whsk_', 32), /64 bytes/],
    [key('whpk_', 32), /public key/],
    [key('', 32), /whsec_ .* or whsk_/],
    ['', /whsec_ .* or whsk_/],
  ])('refuses %s, and does not show it', (wrong, expected) => {
    const problem = keyProblem(wrong)
    expect(problem).toMatch(expected)
    const secret = wrong.replace(/^wh\w+?_/, '')
    if (secret) expect(problem).not.toContain(secret)
  })
})
