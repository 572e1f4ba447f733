import { describe, expect, test } from 'vitest'
import { RejectedError } from '../../src/core/errors.ts'
import type { Received } from '../../src/core/plugin.ts'
import { createSeal } from '../../src/feishu/seal.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { feishu } from '../../src/sources/feishu.ts'
import { vectors } from '../fixtures/vectors.ts'
import { silentLog } from '../log.ts'

const NOW = 1_756_800_000_000
const runtime = { ...createNodeRuntime({ folder: '.', log: silentLog }), now: () => NOW }
const TOKEN = '41a9425ea7df4536a7623e38fa321bae'
const KEY = 'gateway-test-encrypt-key'

interface Keys {
  verification_token?: string | string[]
  encrypt_key?: string | string[]
}

async function receive(
  keys: Keys,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Received> {
  const { encrypt_key, verification_token = TOKEN } = keys
  const app = { domain: 'https://open.feishu.cn', subscribe: false }
  const options = { ...app, verification_token, ...(encrypt_key && { encrypt_key }) }
  const source = await feishu.open(options, runtime)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  if (!source.receive) throw new Error('it takes no callbacks')
  return source.receive({ headers: new Headers(headers), body: bytes })
}

async function eventOf(received: Promise<Received>) {
  const { kind, ...rest } = await received
  if (kind !== 'event' || !('event' in rest)) throw new Error(`expected an event, got ${kind}`)
  return rest
}

async function statusOf(received: Promise<Received>): Promise<number> {
  const error = await received.then(
    () => new Error('it was not rejected'),
    (reason: unknown) => reason,
  )
  if (error instanceof RejectedError) return error.status
  throw error
}

async function sealed(text: string, key = KEY) {
  const seal = await createSeal(key, runtime)
  return seal(text)
}

const plainEvent = vectors.approval_cc.plain.raw_body

describe('url_verification', () => {
  test.each(vectors.challenges)('answers: $name', async (vector) => {
    const keys = { verification_token: vector.verification_token, encrypt_key: vector.encrypt_key }
    const received = await receive(keys, vector.request_body, vector.request_headers)
    expect(received).toEqual({ kind: 'reply', body: vector.expected_body_json })
  })

  test.each(vectors.challenges_negative)('refuses: $name', async (vector) => {
    const keys = { verification_token: vector.verification_token, encrypt_key: vector.encrypt_key }
    expect(await statusOf(receive(keys, vector.request_body))).toBe(401)
  })

  test('is answered under the second of two keys', async () => {
    const { body } = await sealed(`{"challenge":"c","token":"${TOKEN}","type":"url_verification"}`)
    const received = await receive({ encrypt_key: ['another', KEY] }, body)
    expect(received).toEqual({ kind: 'reply', body: { challenge: 'c' } })
  })

  test('takes nothing from beside the encrypted text', async () => {
    const { body } = await sealed(`{"challenge":"c","token":"wrong","type":"url_verification"}`)
    const mixed = JSON.stringify({ ...JSON.parse(body), token: TOKEN, challenge: 'evil' })
    expect(await statusOf(receive({ encrypt_key: KEY }, mixed))).toBe(401)
  })
})

describe('events', () => {
  test('v1 in the clear', async () => {
    const { event, problems } = await eventOf(receive({}, plainEvent))
    const { expected } = vectors.approval_cc.plain
    expect(problems).toEqual([])
    expect(event).toMatchObject({
      id: expected.dedupe_key,
      type: expected.event_type,
      appId: expected.app_id,
      tenantKey: expected.tenant_key,
      time: 1502199207717,
      data: JSON.parse(plainEvent).event,
    })
  })

  test('v1 encrypted and signed, as the official SDK accepts it', async () => {
    const { raw_body, headers } = vectors.approval_cc.encrypted_signed
    const { event } = await eventOf(receive({ encrypt_key: KEY }, raw_body, headers))
    expect(event.raw).toBe(plainEvent.replace(TOKEN, ''))
  })

  test('v2', async () => {
    const header = {
      event_id: 'e1',
      token: TOKEN,
      create_time: '1603977298000',
      event_type: 'approval.approval.updated_v4',
      tenant_key: 't1',
      app_id: 'cli_1',
    }
    const body = { schema: '2.0', header, event: { object: { approval_id: '7' } } }
    const { event, problems } = await eventOf(receive({}, JSON.stringify(body)))
    expect(problems).toEqual([])
    expect(event).toEqual({
      id: 'e1',
      type: 'approval.approval.updated_v4',
      appId: 'cli_1',
      tenantKey: 't1',
      time: 1603977298000,
      data: { object: { approval_id: '7' } },
      raw: JSON.stringify(body).replace(TOKEN, ''),
    })
  })

  test.each([
    { name: 'the documentation’s example', raw_body: vectors.approval_cc.docs_example_raw },
    ...vectors.approval_cc.synthetic_tolerance_variants,
  ])('keeps its text to the letter: $name', async ({ raw_body }) => {
    const { event, problems } = await eventOf(receive({}, raw_body))
    expect(problems).toEqual([])
    expect(event.raw).toBe(raw_body.replace(TOKEN, ''))
  })

  test('its time is now where Feishu’s own does not parse, and microseconds are known', async () => {
    const at = async (ts: unknown) =>
      (await eventOf(receive({}, JSON.stringify({ ...JSON.parse(plainEvent), ts })))).event.time
    // In milliseconds a ts is later than RFC 3339 can write, in microseconds later than SQLite gives back.
    const unreadable = [
      'soon',
      undefined,
      '-1',
      '1e999',
      '1502199207717141.9',
      '1502199207717',
      {},
      '',
    ]
    for (const ts of unreadable) expect(await at(ts)).toBe(NOW)
    expect(await at('253402214399')).toBe(253402214399000)
    const header = { event_id: 'e', event_type: 't', token: TOKEN, create_time: '1603977298000123' }
    const v2 = JSON.stringify({ schema: '2.0', header, event: {} })
    expect((await eventOf(receive({}, v2))).event.time).toBe(1603977298000)
  })

  test.each([
    ['no id', { uuid: undefined }, 'uuid (v1) or header.event_id (v2): is required'],
    [
      'an id that no header can hold',
      { uuid: '审批' },
      'uuid (v1) or header.event_id (v2): must be printable ASCII, 256 characters at most',
    ],
    ['no event', { event: undefined }, 'event: must be an object'],
    ['a list as event', { event: [] }, 'event: must be an object'],
    ['no type', { event: {} }, 'event.type (v1) or header.event_type (v2): is required'],
    ['another envelope', { type: 'x' }, 'type: must be event_callback'],
    ['another schema', { schema: '3.0', header: { token: TOKEN } }, 'schema: must be 2.0'],
  ])('says how an authentic envelope is broken: %s', async (_, change, problem) => {
    const body = JSON.stringify({ ...JSON.parse(plainEvent), ...change })
    expect((await eventOf(receive({}, body))).problems).toContain(problem)
  })

  test('200,000 nested brackets are a problem of the event, not of ours', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const body = plainEvent.replace('"READ"', '"x"').replace('"id":"12345"', `"id":${deep}`)
    const { problems } = await eventOf(receive({}, body))
    expect(problems).toEqual(['event: nested deeper than 100 levels'])
  })
})

describe('keys', () => {
  test('either key and either token is good while rotating', async () => {
    const keys = { encrypt_key: ['new', KEY], verification_token: ['new-token', TOKEN] }
    for (const [key, token] of [
      ['new', 'new-token'],
      [KEY, TOKEN],
    ] as const) {
      const { headers, body } = await sealed(plainEvent.replace(TOKEN, token), key)
      const { event } = await eventOf(receive(keys, body, headers))
      expect(event.raw).toBe(plainEvent.replace(TOKEN, ''))
    }
  })

  test('the signature is over the bytes, not over what they parse to', async () => {
    const { headers, body } = await sealed(plainEvent)
    const spaced = body.replace(':', ': ')
    expect(await statusOf(receive({ encrypt_key: KEY }, spaced, headers))).toBe(401)
  })
})

describe('what is not authentic is one 401, whatever the cause', () => {
  const refused = async (keys: Keys, body: string, headers?: Record<string, string>) => {
    const error = await receive(keys, body, headers).catch((reason: unknown) => reason)
    expect(error).toEqual(new RejectedError(401, 'The request is not authentic.'))
  }

  test.each(vectors.signatures_negative)('$name', async (vector) => {
    const headers = {
      'X-Lark-Request-Timestamp': vector.timestamp,
      'X-Lark-Request-Nonce': vector.nonce,
      'X-Lark-Signature': vector.signature,
    }
    await refused({ encrypt_key: vector.encrypt_key }, vector.raw_body, headers)
  })

  test('no signature', async () => {
    const { body } = await sealed(plainEvent)
    await refused({ encrypt_key: KEY }, body)
  })

  test('a wrong token, signed or not', async () => {
    const wrong = plainEvent.replace(TOKEN, 'wrong')
    await refused({}, wrong)
    const { headers, body } = await sealed(wrong)
    await refused({ encrypt_key: KEY }, body, headers)
  })

  test('no token', () => refused({}, '{"type":"event_callback","event":{}}'))
  test('plain, where a key is set', () => refused({ encrypt_key: KEY }, plainEvent))
  test('encrypted, where none is', async () => refused({}, (await sealed(plainEvent)).body))

  test('a body that does not decrypt, or not to an object, though it is signed', async () => {
    const notJson = await sealed('hello')
    const list = await sealed('[1]')
    await refused({ encrypt_key: KEY }, notJson.body, notJson.headers)
    await refused({ encrypt_key: KEY }, list.body, list.headers)
    await refused({ encrypt_key: KEY }, '{"encrypt":"AAAA"}')
    await refused({ encrypt_key: KEY }, '{"encrypt":7}')
  })
})

test.each([
  ['nothing', ''],
  ['no JSON', 'hello'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number', '7'],
  ['an open bracket, 200,000 times', '['.repeat(200_000)],
  ['no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
])('%s is a 400', async (_, body) => {
  expect(await statusOf(receive({}, body))).toBe(400)
})
