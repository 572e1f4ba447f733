import fc from 'fast-check'
import { expect, test } from 'vitest'
import { setToken } from '../../src/feishu/token.ts'

test.each([
  ['v1', '{"uuid":"1","token":"old","event":{}}', '{"uuid":"1","token":"new","event":{}}'],
  ['v2', '{"header":{"token":"old"}}', '{"header":{"token":"new"}}'],
  ['with white space', '{ "token" :\n\t"old" }', '{ "token" :\n\t"new" }'],
  ['an escaped name', '{"to\\u006ben":"old"}', '{"to\\u006ben":"new"}'],
  ['an escaped value', '{"token":"o\\"l\\\\"}', '{"token":"new"}'],
  ['twice', '{"token":"old","token":"older"}', '{"token":"new","token":"new"}'],
  ['after deep values', '{"a":[[{"b":"}"}]],"token":"old"}', '{"a":[[{"b":"}"}]],"token":"new"}'],
])('sets the token: %s', (_, text, expected) => {
  expect(setToken(text, 'new')).toBe(expected)
})

test.each([
  ['an event’s own token field', '{"event":{"token":"keep"}}'],
  ['a list of headers', '{"header":[{"token":"keep"}]}'],
  ['a value called token', '{"type":"token"}'],
  ['a token inside a string', '{"text":"{\\"token\\":\\"keep\\"}"}'],
  ['a token that is no string', '{"token":null}'],
])('leaves %s alone', (_, text) => {
  expect(setToken(text, 'new')).toBe(text)
})

test('changes nothing but the token, whatever the JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.string(), (value, token, blank) => {
      const text = JSON.stringify({ value, token, event: { value, token } }, null, 1)
      const expected = { value, token: blank, event: { value, token } }
      expect(setToken(text, blank)).toBe(JSON.stringify(expected, null, 1))
    }),
  )
})
