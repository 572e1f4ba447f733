import { describe, expect, test } from 'vitest'
import { webCrypto } from '../../src/hosts/edge/web-crypto.ts'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { vectors } from '../fixtures/vectors.ts'
import { askAll } from '../suites/crypto.ts'

describe.each([
  ['node:crypto', await askAll(vectors, nodeCrypto)],
  ['WebCrypto', await askAll(vectors, webCrypto)],
])('%s', (_, answers) => {
  test.each(answers)('$name', ({ answer, expected }) => expect(answer).toEqual(expected))
})
