import { expect, test } from 'vitest'
import { readEnvironment } from '../../src/hosts/environment.ts'

const ADMIN_TOKEN = 'a-token-of-the-operators'
const VIEWER_TOKEN = 'a-token-of-the-viewers'

test.each([
  [{}, undefined],
  [{ ADMIN_TOKEN: '', VIEWER_TOKEN: '' }, undefined],
  [{ ADMIN_TOKEN }, { admin: ADMIN_TOKEN, viewer: undefined }],
  [
    { ADMIN_TOKEN, VIEWER_TOKEN },
    { admin: ADMIN_TOKEN, viewer: VIEWER_TOKEN },
  ],
])('the tokens of %o', (env, tokens) => {
  expect(readEnvironment(env).tokens).toEqual(tokens)
})

test.each([
  [{ ADMIN_TOKEN: 'too-short' }, 'ADMIN_TOKEN: must have 16 characters or more'],
  [{ ADMIN_TOKEN, VIEWER_TOKEN: 'too-short' }, 'VIEWER_TOKEN: must have 16 characters or more'],
  [{ VIEWER_TOKEN }, 'VIEWER_TOKEN: needs an ADMIN_TOKEN beside it'],
  [
    { ADMIN_TOKEN, VIEWER_TOKEN: ADMIN_TOKEN },
    'VIEWER_TOKEN: must be another token than ADMIN_TOKEN',
  ],
])('%o is refused at the start, and not shown', (env, message) => {
  expect(() => readEnvironment(env)).toThrow(message)
})
