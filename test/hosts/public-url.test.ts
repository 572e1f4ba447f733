import { expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors.ts'
import { readEnvironment } from '../../src/hosts/environment.ts'

test.each([
  [undefined, undefined],
  ['', undefined],
  ['https://events.example.com', 'https://events.example.com'],
  ['http://10.0.0.7:3000/', 'http://10.0.0.7:3000'],
  ['https://example.com/lark//', 'https://example.com/lark'],
  ['HTTPS://Example.com', 'https://example.com'],
])('PUBLIC_URL %j is %j', (PUBLIC_URL, expected) => {
  expect(readEnvironment({ PUBLIC_URL }).publicUrl).toBe(expected)
})

test.each([
  'events.example.com',
  'wss://example.com',
  'https://',
  'https://user:password@example.com',
  'https://example.com?tenant=1',
  'https://example.com/#there',
])('PUBLIC_URL %j is refused, and not shown', (PUBLIC_URL) => {
  const read = () => readEnvironment({ PUBLIC_URL })
  expect(read).toThrow(ConfigError)
  expect(read).toThrow(
    /^PUBLIC_URL: must be like https:\/\/events\.example\.com: no user, no query$/,
  )
})
