import { expect, test } from 'vitest'
import { createFeishuCipher } from '../../src/feishu/crypto.ts'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { vectors } from '../fixtures/vectors.ts'

test.each(vectors.encryption)('decrypts $name', async (vector) => {
  const cipher = await createFeishuCipher(vector.encrypt_key, nodeCrypto)
  expect(await cipher.decrypt(vector.ciphertext_b64)).toBe(vector.plaintext)
})

test.each(vectors.official_fixed_vectors)('decrypts the vector of $source', async (vector) => {
  const cipher = await createFeishuCipher(vector.encrypt_key, nodeCrypto)
  const plain = await cipher.decrypt(vector.ciphertext_b64)
  expect(plain).toBe(vector.plaintext_decrypted_by_node_sdk)
})

test.each(vectors.signatures)('signs: $name', async (vector) => {
  const cipher = await createFeishuCipher(vector.encrypt_key, nodeCrypto)
  const bytes = new TextEncoder().encode(vector.raw_body)
  expect(await cipher.sign(vector.timestamp, vector.nonce, bytes)).toBe(vector.signature)
})

test('what it encrypts, it decrypts, under another IV each time', async () => {
  const cipher = await createFeishuCipher('test key', nodeCrypto)
  const [one, two] = [await cipher.encrypt('请假 🏖️'), await cipher.encrypt('请假 🏖️')]
  expect(one).not.toBe(two)
  expect([await cipher.decrypt(one), await cipher.decrypt(two)]).toEqual(['请假 🏖️', '请假 🏖️'])
})

test.each([
  ['nothing', ''],
  ['an IV alone', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ['half a block', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ['what is not base64', '%%%%'],
])('rejects %s', async (_, base64) => {
  const cipher = await createFeishuCipher('test key', nodeCrypto)
  await expect(cipher.decrypt(base64)).rejects.toThrow()
})
