import { expect, test } from 'vitest'
import { createRedaction } from '../../src/core/redact.ts'
import { describe } from '../../src/sinks/answer.ts'
import { sampleEvent } from '../sample-event.ts'

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

const raw = `{"event": {
  "user_id": { "open_id": "ou_7d8a", "count": 12, "amount": 12345678901234567890.10, "flag": true, "nil": null, "short": "ab" },
  "name": "张三", "full": "Zhang  San", "path": ${JSON.stringify('D:\\new\\b')}, "by": "王",
  "form": ${JSON.stringify('[{"id": "widget1", "from": "\\"q uote"}]')},
  "from": ${JSON.stringify('{"deep":"inner value"}')},
  "operate": "READ"
}}`
const names = ['user_id', 'from', 'name', 'full', 'path', 'by']
const show = createRedaction(names).about({ raw })

test.each([
  'HTTP 400: unknown user ou_7d8a!',
  'ou_7D8A in capitals',
  'user_id.open_id: "ou_7d8a" is not "x"',
  'no open_id, which is a key of what is hidden',
  'a number: 12 is too little',
  'a long one, 12345678901234567890.10',
  'a long one, parsed: 12345678901234567000',
  'a brief one, ab',
  '用户张三不存在',
  '{"msg":"\\u7528\\u6237\\u5F20\\u4e09"}',
  '{"msg":"{\\"who\\":\\"\\\\u5f20\\\\u4e09\\"}"}',
  'who is ZHANG SAN?',
  'who is Zhang\\n San?',
  'no D:\\new\\b',
  '{"path":"D:\\\\new\\\\b"}',
  '王 is not known',
  'of a form: "q uote"',
  'of a text in a hidden text: inner value',
  // Cut, by whoever had no room for it.
  'unknown user ou_7d',
  '没有 \\u5f20\\u4e09',
  'who is Zhang S…',
  'who is Zhang S...',
  'who is Zhang S\ufffd',
])('a text that tells what is hidden is hidden: %s', (text) => {
  expect(show(text)).toBe(HIDDEN.slice(1, -1))
})

test.each([
  'operate: "READ" is not "CREATE"',
  'user_id: absent',
  'widget1 is shown, too',
  'true, false and null are not looked for',
  'user_id: 120 is not above 121',
  'about 2 of them',
  '国王 is another word, and so is abc',
  'a text may end with a beginning of few letters: ou_',
  'at its end, drab is a word, and so is 国王',
  '',
])('a text that tells nothing stays: %s', (text) => {
  expect(show(text)).toBe(text)
})

test('what the gateway itself says stays, whatever is hidden', () => {
  const event = {
    raw: '{"from":["503","HTTP 503",10000,"timed out",3,410,301,"url","connection"]}',
  }
  const ours = [
    ...[503, 410, 301].map(describe),
    ...['no answer within 10000 ms', 'timed out', 'gave up after 3 attempts: HTTP 503'],
    'the connection failed: ECONNREFUSED',
  ]
  for (const about of [event, undefined]) {
    const show = createRedaction(['from']).about(about)
    expect(ours.map(show)).toEqual(ours)
    expect(show('HTTP 503 for 503')).toBe('[redacted]')
  }
})

test('about an event that is not known nothing is told', () => {
  expect(createRedaction(['from']).about(undefined)('no room')).toBe('[redacted]')
  expect(createRedaction([]).about(undefined)('no room')).toBe('no room')
})

test('a value that was cut in the middle of a long answer does not show its beginning', () => {
  const name = '欧阳'.repeat(100)
  const show = createRedaction(['name']).about({ raw: JSON.stringify({ name }) })
  expect(show(`${'x'.repeat(16_000)}${name}`.slice(0, 16 * 1024))).toBe('[redacted]')
  expect(show(`${'x'.repeat(16_000)} and nothing else`)).not.toBe('[redacted]')
})

test('an event as people see it has nothing that is hidden, in its data and in its raw text', () => {
  const { event } = createRedaction(['user_id', 'app_id'])
  const shown = event(sampleEvent())
  expect(JSON.stringify(shown)).not.toMatch(/"user_id":"b|cli_a0000000000000ff/)
  expect(shown).toMatchObject({ appId: '[redacted]', data: { user_id: '[redacted]' } })
  expect(createRedaction([]).event(sampleEvent())).toEqual(sampleEvent())
})

test('of an event that hides a great deal nothing is told, rather than slowly', () => {
  const form = Array.from({ length: 10_000 }, (_, n) => `value ${n}`)
  const show = createRedaction(['form']).about({ raw: JSON.stringify({ form }) })
  expect(show('form: "value 7" is not one of "value 8"')).toBe('[redacted]')
  expect(show('HTTP 503')).toBe('HTTP 503')
})
