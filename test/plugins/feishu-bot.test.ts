import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import feishuBot from '../../plugins/feishu-bot.ts'
import { DeliveryError } from '../../src/core/errors.ts'
import type { Event } from '../../src/core/event.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { type Answer, openReceiver, status } from '../receiver.ts'
import { sampleEvent } from '../sample-event.ts'
import { context, eventWith } from '../suites/sink.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const now = 1_700_000_000_999
const runtime = { ...createNodeRuntime({ folder: '/tmp', log }), now: () => now, random: () => 0.5 }

const says = (code: number, msg = '', httpStatus = 200) =>
  status(httpStatus, {}, JSON.stringify({ code, msg, data: {} }))

/** What the bot got of one event, and what became of the delivery. */
async function deliver(
  event: Event,
  { answer = says(0), ...options }: { answer?: Answer; secret?: string; title?: string } = {},
) {
  await using receiver = await openReceiver()
  receiver.answerWith(answer)
  const webhook_url = `${receiver.url}/open-apis/bot/v2/hook/the-token`
  const sink = await feishuBot.open({ webhook_url, ...options }, runtime)
  const result = await sink.deliver(event, context()).catch((error: unknown) => error)
  const [request] = receiver.requests
  return { result, request, body: JSON.parse(request?.body ?? 'null') }
}

async function failure(answer: Answer): Promise<DeliveryError> {
  const { result } = await deliver(sampleEvent(), { answer })
  if (!(result instanceof DeliveryError)) throw new Error(`not a DeliveryError: ${result}`)
  return result
}

test.each([
  ['https://open.feishu.cn/open-apis/bot/v2/hook/the-token', true],
  ['http://127.0.0.1:3001/', true],
  ['https://', false],
  ['https://a b/', false],
  ['ftp://bot.example.com/', false],
  ['the-token', false],
])('the address %s is in order: %s', (webhook_url, inOrder) => {
  const message = 'must be a whole address, http or https'
  const problems = inOrder ? [] : [{ path: 'webhook_url', message }]
  expect(feishuBot.check?.({ webhook_url })).toEqual(problems)
})

describe('the card', () => {
  test('says who was copied into which approval, and when', async () => {
    const { request, body, result } = await deliver(sampleEvent())
    expect(result).toEqual({ status: 200 })
    expect(request).toMatchObject({
      method: 'POST',
      path: '/open-apis/bot/v2/hook/the-token',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    expect(Object.keys(body)).toEqual(['msg_type', 'card'])
    expect(body.msg_type).toBe('interactive')
    expect(body.card.header.title.content).toBe('Approval: someone was copied in')
    const [div, note] = body.card.elements
    expect(div.fields.map((field: { text: { content: string } }) => field.text.content)).toEqual([
      'User: b613t51g',
      'From: b613t51g',
      'Approval: 7C468A54-8745-2245-9675-08B7C63E7A85',
      'Instance: 81D31358-93AF-92D6-7425-01A5D67C4E71',
      'Time: 2017-08-08T13:33:27.717Z',
    ])
    expect(note.elements[0].content).toBe('bc447199585340d1f3728d26b1c0297a')
  })

  test.each([
    [{ operate: 'READ' }, {}, 'Approval: a copy was read'],
    [{ operate: 'READ' }, { title: 'finance: approvals' }, 'finance: approvals'],
    [{}, {}, 'approval_cc'],
  ])('%j with %j is titled %s', async (data, options, title) => {
    const { body } = await deliver(eventWith(data), options)
    expect(body.card.header.title.content).toBe(title)
  })

  test('of an alert says what happened, to which events and why, and leads to the console', async () => {
    const data = {
      message: 'finance: 2 deliveries were given up',
      event_ids: ['e-1', 'e-2'],
      error: 'HTTP 500',
      since: '2026-11-22T09:30:00.000Z',
      gateway: 'https://events.example.com',
      link: 'https://events.example.com/console/dead?sink=finance',
    }
    const alert = {
      ...eventWith(data),
      data,
      via: 'lark-fanout',
      type: 'lark-fanout.delivery.dead',
    }
    const { body } = await deliver(alert)
    const [div, action, note] = body.card.elements
    expect(body.card.header).toMatchObject({ template: 'red' })
    expect(div.text.content).toBe(data.message)
    expect(div.fields.map((field: { text: { content: string } }) => field.text.content)).toEqual([
      'Last error: HTTP 500',
      'Events: e-1, e-2',
      'Since: 2026-11-22T09:30:00.000Z',
      'Gateway: https://events.example.com',
    ])
    expect(action.actions[0].url).toBe(data.link)
    expect(note.elements[0].content).toBe(alert.id)
  })

  test('nothing that an event says is read as markdown: it could mention everyone', async () => {
    const { request } = await deliver(eventWith({ user_id: '<at id=all></at>' }))
    expect(request?.body).toContain('<at id=all></at>')
    expect(request?.body).not.toContain('lark_md')
  })
})

test("the bot's signature: time and secret are the key, and nothing is signed", async () => {
  const { body } = await deliver(sampleEvent(), { secret: 'the-secret' })
  expect(body.timestamp).toBe('1700000000')
  const expected = createHmac('sha256', '1700000000\nthe-secret').update('').digest('base64')
  expect(body.sign).toBe(expected)
})

describe('only code 0 is success', () => {
  test.each([
    { what: 'a bad request', answer: says(9499, 'Bad Request'), permanent: true },
    { what: 'a message too large', answer: says(19036, 'too large'), permanent: true },
    { what: 'a wrong signature', answer: says(19021, 'sign match fail'), permanent: false },
    { what: 'a foreign address', answer: says(19022, 'Ip Not Allowed'), permanent: false },
    { what: 'a missing keyword', answer: says(19024, 'Key Words Not Found'), permanent: false },
    { what: 'code 0 with HTTP 500', answer: says(0, '', 500), permanent: false },
    { what: 'a page that is not JSON', answer: status(200, {}, '<html>'), permanent: false },
    { what: 'an empty answer', answer: status(200), permanent: false },
    { what: 'a redirect', answer: status(302, { location: '/' }), permanent: false },
  ])('$what is a failure; permanent: $permanent', async ({ answer, permanent }) => {
    const error = await failure(answer)
    expect(error.failure.permanent).toBe(permanent)
    expect(error.message).toMatch(/^the bot answered (HTTP )?\d+/)
  })

  test('too many messages wait, spread over the minute', async () => {
    const { failure: why, message } = await failure(says(11232, 'frequency limited'))
    expect(why).toMatchObject({ permanent: false, retryAfterMs: 35_000 })
    expect(message).toBe('the bot answered 11232: frequency limited')
  })

  test('a failure shows neither the address nor the secret', async () => {
    const { result } = await deliver(sampleEvent(), { answer: says(19021), secret: 'the-secret' })
    expect(JSON.stringify([String(result), result])).not.toMatch(/the-token|the-secret/)
  })
})
