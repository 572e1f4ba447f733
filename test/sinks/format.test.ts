import { CloudEvent } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataOf } from '../../src/core/event.ts'
import {
  cloudEventOf,
  dataText,
  partitionKey,
  structuredCloudEvent,
  withToken,
} from '../../src/sinks/format.ts'
import { sampleEvent, sampleRaw } from '../sample-event.ts'

describe('data', () => {
  test('is, for every JSON there is, what parsing finds at event', () => {
    const name = fc.oneof(fc.constantFrom('event', 'header', 'token'), fc.string())
    const envelope = fc.dictionary(name, fc.jsonValue())
    const spaces = fc.constantFrom('', ' ', '\t', '\n\n')
    fc.assert(
      fc.property(envelope, spaces, (json, space) => {
        const raw = JSON.stringify(json, null, space)
        expect(JSON.parse(dataText(sampleEvent({ raw })))).toEqual(dataOf(raw))
      }),
    )
  })

  test.each([
    [
      'a number that JavaScript cannot hold',
      '{"event":{"n":7412345678901234567}}',
      '{"n":7412345678901234567}',
    ],
    ['the spelling of numbers', '{"event":{"n":1.50e+3}}', '{"n":1.50e+3}'],
    ['escapes and spaces', '{ "event" : { "\\/":"\\u4f60" }\n}', '{ "\\/":"\\u4f60" }'],
    ['the last of equal names', '{"event":{"n":1},"event":{"n":2}}', '{"n":2}'],
    ['a member beside a value of its name', '{"event":{"n":1},"a":"event"}', '{"n":1}'],
    ['an escaped name', '{"\\u0065vent":{"n":1}}', '{"n":1}'],
    ['the top alone', '{"a":{"event":{}},"b":["event",{"event":1}],"event":{"n":1}}', '{"n":1}'],
    ['brackets and quotes in strings', '{"a":"}\\\\","event":{"s":"\\"]}{,"}}', '{"s":"\\"]}{,"}'],
  ])('keeps to the letter: %s', (_, raw, expected) => {
    expect(dataText(sampleEvent({ raw }))).toBe(expected)
  })
})

describe('CloudEvents attributes', () => {
  test('of an approval', () => {
    expect(cloudEventOf(sampleEvent())).toEqual({
      specversion: '1.0',
      id: 'bc447199585340d1f3728d26b1c0297a',
      source: '/feishu/2d520d3b434f175e/cli_a0000000000000ff',
      type: 'cn.feishu.approval_cc',
      subject: '81D31358-93AF-92D6-7425-01A5D67C4E71',
      time: '2017-08-08T13:33:27.717Z',
      datacontenttype: 'application/json',
      partitionkey: '81D31358-93AF-92D6-7425-01A5D67C4E71',
    })
  })

  test.each(['{"event":{}}', '{"event":{"instance_code":""}}', '{"event":{"instance_code":7}}'])(
    'have no subject without an instance: %s',
    (raw) => {
      const event = sampleEvent({ raw })
      expect(cloudEventOf(event)).not.toHaveProperty('subject')
      expect(partitionKey(event)).toBe(event.id)
    },
  )

  test('have a source that is a URI reference, whatever the ids', () => {
    const { source } = cloudEventOf(sampleEvent({ tenantKey: 'a b/é', appId: '\ud800' }))
    expect(source).toBe('/feishu/a%20b%2F%C3%A9/%EF%BF%BD')
  })
})

describe("the gateway's own events", () => {
  const own = (data: object) =>
    sampleEvent({
      via: 'lark-fanout',
      type: 'lark-fanout.delivery.dead',
      raw: JSON.stringify({ schema: '2.0', header: {}, event: data }),
    })

  test('are of their own type, and speak of a sink', () => {
    expect(cloudEventOf(own({ sink: 'finance' }))).toMatchObject({
      source: '/lark-fanout',
      type: 'lark-fanout.delivery.dead',
      subject: 'finance',
      partitionkey: 'bc447199585340d1f3728d26b1c0297a',
    })
  })

  test('come from where the gateway is, and may be about a source or about nothing more', () => {
    const gateway = 'https://events.example.com'
    const ofSource = cloudEventOf(own({ gateway, source: 'feishu' }))
    expect(ofSource).toMatchObject({ source: gateway, subject: 'feishu' })
    expect(cloudEventOf(own({ gateway }))).not.toHaveProperty('subject')
  })

  test("from another gateway, by Feishu's way, are that gateway's", () => {
    const type = 'lark-fanout.delivery.dead'
    expect(cloudEventOf(sampleEvent({ type })).type).toBe('cn.feishu.lark-fanout.delivery.dead')
  })
})

test('the structured envelope is a CloudEvent that the reference SDK takes', () => {
  const event = sampleEvent({ raw: sampleRaw.replace('1502199207000', '7412345678901234567') })
  const text = structuredCloudEvent(event)
  const parsed = new CloudEvent(JSON.parse(text))
  expect(parsed.validate()).toBe(true)
  expect(parsed).toMatchObject({ ...cloudEventOf(event), data: event.data })
  expect(text).toContain('"create_time": 7412345678901234567')
})

test('the token is the only change to a callback', () => {
  expect(withToken(sampleEvent(), 'of "mine"')).toBe(
    sampleRaw.replace('"token": ""', '"token": "of \\"mine\\""'),
  )
  expect(withToken(sampleEvent(), '')).toBe(sampleRaw)
})
