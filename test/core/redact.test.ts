import { expect, test } from 'vitest'
import { createRedaction } from '../../src/core/redact.ts'

const { json } = createRedaction(['user_id', 'from'])
const HIDDEN = '"[redacted]"'

test.each([
  [
    'a string',
    '{"user_id":"b613t51g","operate":"CREATE"}',
    `{"user_id":${HIDDEN},"operate":"CREATE"}`,
  ],
  ['a number', '{"user_id":12345678901234567890}', `{"user_id":${HIDDEN}}`],
  ['null', '{"a":1,"user_id":null}', `{"a":1,"user_id":${HIDDEN}}`],
  ['an object', '{"user_id":{"open_id":"o","x":["}"]},"b":1}', `{"user_id":${HIDDEN},"b":1}`],
  ['a list', '{"from":[{"from":"x"},"]"],"b":1}', `{"from":${HIDDEN},"b":1}`],
  ['blanks stay', '{ "from" :\n "x" , "b" : 1.50 }', `{ "from" :\n ${HIDDEN} , "b" : 1.50 }`],
  ['in lists, at any depth', '[[{"a":{"from":"x"}}]]', `[[{"a":{"from":${HIDDEN}}}]]`],
  ['an escaped name', '{"\\u0066rom":"x","to":"from"}', `{"\\u0066rom":${HIDDEN},"to":"from"}`],
  ['more than once', '{"from":1,"from":2}', `{"from":${HIDDEN},"from":${HIDDEN}}`],
  [
    'quotes and backslashes',
    '{"a":"\\\\","from":"\\"x\\\\","b":"\\""}',
    `{"a":"\\\\","from":${HIDDEN},"b":"\\""}`,
  ],
  ['a value is no name', '{"a":"from","b":["user_id",1]}', '{"a":"from","b":["user_id",1]}'],
  ['long numbers stay', '{"id":12345678901234567890.10}', '{"id":12345678901234567890.10}'],
  [
    'a form, which is JSON in a string',
    JSON.stringify({ form: JSON.stringify([{ id: 'w', user_id: 'b613t51g' }]) }),
    JSON.stringify({ form: JSON.stringify([{ id: 'w', user_id: '[redacted]' }]) }),
  ],
  [
    'a string that only begins like JSON',
    JSON.stringify({ form: '{"user_id": "b61' }),
    JSON.stringify({ form: '{"user_id": "b61' }),
  ],
])('%s', (_, text, shown) => {
  expect(json(text)).toBe(shown)
})

test('what is no JSON is not shown at all', () => {
  expect(json('{"user_id": "b613')).toBe(HIDDEN)
})

test('without fields everything is as it was, JSON or not', () => {
  const { json, about } = createRedaction([])
  expect(json('{"user_id": "b613')).toBe('{"user_id": "b613')
  expect(about({ raw: '{"user_id":"b613t51g"}' })('b613t51g')).toBe('b613t51g')
})

test('many brackets cost no stack, and a megabyte no time worth mentioning', () => {
  const deep = `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)},"from":1}`
  expect(json(deep).endsWith(`"from":${HIDDEN}}`)).toBe(true)
  const hidden = `{"from":${'['.repeat(500_000)}${']'.repeat(500_000)}}`
  expect(json(hidden)).toBe(`{"from":${HIDDEN}}`)
})

const raw = JSON.stringify({
  event: {
    user_id: { open_id: 'ou_7d8a', n: 12, yes: true, no: null, s: 'ab' },
    form: '{"from":"\\"q"}',
  },
})

test.each([
  ['user_id.open_id: "ou_7d8a" is not "x"', 'user_id.open_id: "[redacted]" is not "x"'],
  ['user_id.n: 12 is not above 120', 'user_id.n: [redacted] is not above 120'],
  ['user_id.yes: true is not false', 'user_id.yes: [redacted] is not false'],
  ['user_id.s: "ab" is not "abc"', 'user_id.s: "[redacted]" is not "abc"'],
  ['HTTP 400: unknown user ou_7d8a!', 'HTTP 400: unknown user [redacted]!'],
  ['{"who":"ou_7d8a","from":7}', '{"who":"[redacted]","from":"[redacted]"}'],
  ['"\\"q" of a form', '"[redacted]" of a form'],
  ['operate: "READ" is not "CREATE"', 'operate: "READ" is not "CREATE"'],
])('texts about an event do not tell what is hidden: %s', (text, shown) => {
  expect(createRedaction(['user_id', 'from']).about({ raw })(text)).toBe(shown)
})

test('of an event that hides a great deal nothing is told, rather than slowly', () => {
  const form = Array.from({ length: 10_000 }, (_, n) => `value ${n}`)
  const show = createRedaction(['form']).about({ raw: JSON.stringify({ form }) })
  expect(show('form: "value 7" is not one of "value 8"')).toBe('[redacted]')
})
