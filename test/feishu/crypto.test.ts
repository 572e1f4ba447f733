import { createCipheriv, createHash } from 'node:crypto'
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

test('rejects a padding that is not PKCS#7, though the text before it is good', async () => {
  const cipher = await createFeishuCipher('test key', nodeCrypto)
  const key = createHash('sha256').update('test key').digest()
  const withPadding = (padding: string) => {
    const raw = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false)
    const bytes = [Buffer.alloc(16), raw.update(`{"a":1}${padding}`, 'latin1'), raw.final()]
    return Buffer.concat(bytes).toString('base64')
  }
  expect(await cipher.decrypt(withPadding('\t'.repeat(9)))).toBe('{"a":1}')
  for (const padding of [' '.repeat(9), '\n'.repeat(9), `${'\t'.repeat(7)} \t`, '\0'.repeat(9)]) {
    await expect(cipher.decrypt(withPadding(padding))).rejects.toThrow('padding')
  }
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
