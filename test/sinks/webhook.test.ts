import { readFileSync } from 'node:fs'
import { AESCipher } from '@larksuiteoapi/node-sdk'
import { HTTP } from 'cloudevents'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { DeliveryError, type DeliveryFailure } from '../../src/core/errors.ts'
import type { Runtime } from '../../src/core/runtime.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { webhook } from '../../src/sinks/webhook.ts'
import type { WebhookOptions } from '../../src/sinks/webhook-options.ts'
import { silentLog } from '../log.ts'
import { type Answer, openReceiver, type ReceivedRequest, status } from '../receiver.ts'
import { sampleEvent, sampleRaw } from '../sample-event.ts'
import { openSdkReceiver } from '../sdk-receiver.ts'
import { openSecureReceiver, pem } from '../secure-receiver.ts'
import { type Arrived, context, eventWith, type SinkUnderTest, testSink } from '../suites/sink.ts'

const node = createNodeRuntime({ folder: '/tmp', log: silentLog })
afterAll(() => node.close())

const signingKey = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

const openSink = (options: WebhookOptions, runtime: Runtime = node) =>
  webhook.open(options, runtime)

const json = (text: string) => JSON.parse(text)
const decrypted = (body: string) => new AESCipher('their key').decrypt(json(body).encrypt)

describe('keeps the law of sinks', () => {
  const callback = ({ uuid, event }: { uuid: string; event: unknown }) => ({
    id: uuid,
    data: event,
  })
  const cloudEvent = ({ headers, body }: ReceivedRequest) => HTTP.toEvent({ headers, body })

  law('feishu', {}, ({ body }) => callback(json(body)))
  law('feishu, encrypted', { encrypt_key: 'their key' }, ({ body }) =>
    callback(json(decrypted(body))),
  )
  law('data', { format: 'data', secret: signingKey }, ({ headers, body }) => ({
    id: String(headers['webhook-id']),
    data: json(body),
  }))
  law('cloudevents', { format: 'cloudevents' }, (request) => arrivedOf(cloudEvent(request)))
  law('cloudevents-binary', { format: 'cloudevents-binary' }, (request) =>
    arrivedOf(cloudEvent(request)),
  )

  function arrivedOf(event: unknown): Arrived {
    const { id, data } = event as Arrived
    return { id, data }
  }

  function law(
    name: string,
    options: Partial<WebhookOptions>,
    read: (request: ReceivedRequest) => Arrived,
  ) {
    testSink(name, async (): Promise<SinkUnderTest> => {
      const receiver = await openReceiver()
      const taken: Arrived[] = []
      receiver.answerWith((response, request) => {
        taken.push(read(request))
        response.end()
      })
      return {
        sink: await openSink({ url: receiver.url, ...options }),
        arrived: () => taken,
        refuse: () => receiver.answerWith(status(503)),
        stall() {
          const { promise, resolve } = Promise.withResolvers<void>()
          receiver.answerWith(() => resolve())
          return promise
        },
        [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
      }
    })
  }
})

/** Delivers to a receiver that answers like this, and gives what it got. */
async function deliverTo(
  answer: Answer,
  options: Partial<WebhookOptions> = {},
  event = sampleEvent(),
  runtime: Runtime = node,
) {
  await using receiver = await openReceiver()
  receiver.answerWith(answer)
  const sink = await openSink({ url: `${receiver.url}/hooks?team=1`, ...options }, runtime)
  const outcome = await sink.deliver(event, context()).catch((error: unknown) => error)
  return { outcome, requests: receiver.requests }
}

/** The one request that a delivery makes. */
async function requestOf(options: Partial<WebhookOptions>, event = sampleEvent()) {
  const { requests } = await deliverTo(status(200), options, event)
  const [request] = requests
  if (!request) throw new Error('nothing was sent')
  return request
}

describe('a request', () => {
  test('is a POST of the callback as Feishu sent it', async () => {
    const request = await requestOf({})
    expect(request).toMatchObject({ method: 'POST', path: '/hooks?team=1', body: sampleRaw })
    expect(request.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(request.headers['user-agent']).toBe('lark-fanout')
    const names = Object.keys(request.headers).join()
    expect(names).not.toMatch(/webhook-|x-lark-|ce-/)
  })

  test("has the receiver's own token", async () => {
    const { body } = await requestOf({ verification_token: 'theirs' })
    expect(body).toBe(sampleRaw.replace('"token": ""', '"token": "theirs"'))
  })

  test('of format data is the event object', async () => {
    const { body, headers } = await requestOf({ format: 'data' })
    expect(json(body)).toEqual(sampleEvent().data)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
  })

  test('of format cloudevents is an envelope', async () => {
    const { body, headers } = await requestOf({ format: 'cloudevents' })
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
    expect(json(body)).toMatchObject({ specversion: '1.0', type: 'cn.feishu.approval_cc' })
  })

  test('of format cloudevents-binary has each attribute in a header, percent-encoded', async () => {
    const event = eventWith({ instance_code: '实 "例"%~!' })
    const { body, headers } = await requestOf({ format: 'cloudevents-binary' }, event)
    expect(json(body)).toEqual(event.data)
    expect(headers['content-type']).toBe('application/json')
    const attributes = Object.entries(headers).filter(([name]) => name.startsWith('ce-'))
    expect(Object.fromEntries(attributes)).toEqual({
      'ce-specversion': '1.0',
      'ce-id': 'event-1',
      'ce-source': '/feishu/2d520d3b434f175e/cli_a0000000000000ff',
      'ce-type': 'cn.feishu.approval_cc',
      'ce-subject': '%E5%AE%9E%20%22%E4%BE%8B%22%25~!',
      'ce-time': '2017-08-08T13:33:27.717Z',
      'ce-partitionkey': '%E5%AE%9E%20%22%E4%BE%8B%22%25~!',
    })
  })

  test('has the headers of routes.yaml', async () => {
    const { headers } = await requestOf({ headers: { 'X-Team': 'finance', 'user-agent': 'ours' } })
    expect(headers).toMatchObject({ 'x-team': 'finance', 'user-agent': 'ours' })
  })

  test('has the user and password of the URL as Basic authentication, and not in the URL', async () => {
    await using receiver = await openReceiver()
    const asked: string[] = []
    const watched: Runtime = {
      ...node,
      fetch(url, init) {
        asked.push(url)
        return node.fetch(url, init)
      },
    }
    const sink = await openSink(
      { url: receiver.url.replace('//', '//us%40er:p%C3%A4ss@') },
      watched,
    )
    await sink.deliver(sampleEvent(), context())
    const [request] = receiver.requests
    const encoded = Buffer.from('us@er:päss').toString('base64')
    expect(request?.headers.authorization).toBe(`Basic ${encoded}`)
    expect(asked).toEqual([`${receiver.url}/`])
  })
})

describe('Standard Webhooks', () => {
  test.each(['feishu', 'data', 'cloudevents', 'cloudevents-binary'] as const)(
    'the stock library verifies format %s',
    async (format) => {
      const { body, headers } = await requestOf({ format, secret: signingKey })
      const names = Object.entries(headers).map(([name, value]) => [name, String(value)])
      expect(() => new Webhook(signingKey).verify(body, Object.fromEntries(names))).not.toThrow()
      expect(headers['webhook-id']).toBe(sampleEvent().id)
    },
  )

  test('signs what is sent when it is encrypted as well', async () => {
    const { body, headers } = await requestOf({ secret: signingKey, encrypt_key: 'their key' })
    const names = Object.entries(headers).map(([name, value]) => [name, String(value)])
    expect(() => new Webhook(signingKey).verify(body, Object.fromEntries(names))).not.toThrow()
    expect(headers['x-lark-signature']).toMatch(/^[0-9a-f]{64}$/)
  })

  test('every attempt has its own time and the same id', async () => {
    await using receiver = await openReceiver()
    let now = 1614265330_999
    const sink = await openSink(
      { url: receiver.url, secret: signingKey },
      { ...node, now: () => now },
    )
    await sink.deliver(sampleEvent(), context(1))
    now += 60_000
    await sink.deliver(sampleEvent(), context(2))
    const [first, second] = receiver.requests.map(({ headers }) => headers)
    expect(first?.['webhook-timestamp']).toBe('1614265330')
    expect(second?.['webhook-timestamp']).toBe('1614265390')
    expect(second?.['webhook-id']).toBe(first?.['webhook-id'])
    expect(second?.['webhook-signature']).not.toBe(first?.['webhook-signature'])
  })
})

describe('a receiver built on the official Feishu SDK', () => {
  /** What its handler is given, when the sink has these options and the SDK those keys. */
  async function handledBy(
    keys: { encryptKey?: string; verificationToken?: string },
    options: Partial<WebhookOptions>,
    event = sampleEvent(),
  ) {
    await using receiver = await openSdkReceiver(keys, { autoChallenge: false })
    const sink = await openSink({ url: receiver.url, ...options })
    const receipt = await sink.deliver(event, context())
    expect(receipt).toEqual({ status: 200 })
    return receiver.handled
  }

  const theirs = { verification_token: 'their token', encrypt_key: 'their key ✓' }

  test('takes a plain callback', async () => {
    const handled = await handledBy({}, { verification_token: 'their token' })
    expect(handled).toMatchObject([{ token: 'their token', operate: 'CREATE' }])
  })

  test.each([
    ['as Feishu writes it', sampleRaw],
    ['with escapes', sampleRaw.replace('b613t51g', '\\u4f60\\/\\n\\"')],
    ['beyond ASCII', sampleRaw.replaceAll('b613t51g', '审批 é 🏖️ \u2028')],
    ['in many lines', JSON.stringify(JSON.parse(sampleRaw), null, 2)],
  ])('decrypts and verifies a callback %s', async (_, raw) => {
    const event = sampleEvent({ raw })
    const handled = await handledBy({ encryptKey: theirs.encrypt_key }, theirs, event)
    expect(handled).toHaveLength(1)
    expect(handled[0]).toMatchObject({
      token: 'their token',
      uuid: event.id,
      user_id: event.data.user_id,
      from: event.data.from,
    })
  })

  test('handles nothing that was signed with another key', async () => {
    expect(await handledBy({ encryptKey: 'another' }, theirs)).toEqual([])
  })

  test('gets a new IV and nonce each time', async () => {
    const [first, second] = [await requestOf(theirs), await requestOf(theirs)]
    expect(first.body).not.toBe(second.body)
    expect(first.headers['x-lark-request-nonce']).not.toBe(second.headers['x-lark-request-nonce'])
    expect(first.headerNames).toEqual(
      expect.arrayContaining([
        'X-Lark-Request-Timestamp',
        'X-Lark-Request-Nonce',
        'X-Lark-Signature',
      ]),
    )
  })
})

/** How a delivery fails that is answered like this. */
async function failureOf(answer: Answer, runtime: Runtime = node) {
  const { outcome, requests } = await deliverTo(answer, {}, sampleEvent(), runtime)
  if (!(outcome instanceof DeliveryError)) throw new Error('it did not fail')
  return { message: outcome.message, failure: outcome.failure, requests }
}

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('%d is success', async (code) => {
    const { outcome } = await deliverTo(status(code))
    expect(outcome).toEqual({ status: code })
  })

  test.each<[number, Record<string, string>, string, DeliveryFailure]>([
    [400, {}, 'HTTP 400', { transient: false }],
    [404, {}, 'HTTP 404', { transient: false }],
    [410, {}, 'gone (410): the receiver wants no more events at this url', { gone: true }],
    [429, { 'Retry-After': '30' }, 'HTTP 429', { retryAfterMs: 30_000 }],
    [500, {}, 'HTTP 500', { transient: true }],
    [503, {}, 'HTTP 503', { transient: true }],
    [503, { 'Retry-After': '0' }, 'HTTP 503', { retryAfterMs: 0 }],
  ])('%d %j is a failure: %s', async (code, headers, message, expected) => {
    const result = await failureOf(status(code, headers, 'no, thanks'))
    expect(result.message).toBe(message)
    expect(result.failure).toMatchObject({ status: code, response: 'no, thanks', ...expected })
    expect(result.failure.permanent).toBeUndefined()
    if ('Retry-After' in headers) expect(result.failure.transient).toBeUndefined()
  })

  test.each([301, 302, 303, 307, 308])('%d is a failure, and is not followed', async (code) => {
    await using elsewhere = await openReceiver()
    const { message, failure, requests } = await failureOf(
      status(code, { Location: elsewhere.url }),
    )
    expect(message).toBe(`redirected (${code}): set the sink's url to the final address`)
    expect(failure).toMatchObject({ status: code, transient: false })
    expect(requests).toHaveLength(1)
    expect(elsewhere.requests).toHaveLength(0)
  })

  test.each<[string, number | undefined]>([
    ['120', 120_000],
    ['Sun, 06 Nov 1994 08:50:37 GMT', 60_000],
    ['Sunday, 06-Nov-94 08:50:37 GMT', 60_000],
    ['Sun Nov  6 08:50:37 1994', 60_000],
    ['Sun, 06 Nov 1994 08:48:37 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Sunday', undefined],
  ])('asks with Retry-After %j for %j ms', async (value, expected) => {
    const runtime = { ...node, now: () => Date.UTC(1994, 10, 6, 8, 49, 37) }
    const { failure } = await failureOf(status(503, { 'Retry-After': value }), runtime)
    expect(failure.retryAfterMs).toBe(expected)
    expect(failure.transient).toBe(expected === undefined ? true : undefined)
  })

  const endless: (code: number) => Answer = (code) => (response) => {
    response.writeHead(code)
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(8192)));
    }
    response.on('drain', write)
    write()
  }

  test('without end is read to 16 KiB', async () => {
    const { failure } = await failureOf(endless(500))
    expect(failure.response).toBe('x'.repeat(16 * 1024))
  })

  test('of success counts whatever its body does', async () => {
    const { outcome } = await deliverTo(endless(200))
    expect(outcome).toEqual({ status: 200 })
  })

  test('that breaks off keeps its status', async () => {
    const { failure } = await failureOf((response) => {
      response.writeHead(502, { 'Content-Length': 100 })
      response.write('half', () => response.destroy())
    })
    expect(failure).toMatchObject({ status: 502, response: '', transient: true })
  })
})

describe('no answer', () => {
  test('where nobody listens is worth a quick try, and its message shows no secret', async () => {
    const sink = await openSink({ url: 'http://user:pass@127.0.0.1:9/hooks?key=hidden' })
    const error = await sink.deliver(sampleEvent(), context()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'DeliveryError',
      message: 'the connection failed: ECONNREFUSED',
      failure: { transient: true },
    })
  })

  test('where the receiver hangs up is worth a quick try', async () => {
    const { message, failure } = await failureOf((response) => response.destroy())
    expect(message).toBe('the connection was closed before an answer came')
    expect(failure.transient).toBe(true)
  })

  test('in time is not worth a quick try', async () => {
    await using receiver = await openReceiver()
    const timeout = new AbortController()
    receiver.answerWith(() => timeout.abort())
    const sink = await openSink({ url: receiver.url })
    const error = await sink
      .deliver(sampleEvent(), { ...context(), signal: timeout.signal })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'DeliveryError', message: 'timed out' })
    expect((error as DeliveryError).failure.transient).toBeUndefined()
  })
})

test('where the egress rules refuse, it is tried again later, and the receiver is not blamed', async () => {
  const sink = await openSink({ url: 'http://[::ffff:a9fe:a9fe]/hooks' })
  const error = await sink.deliver(sampleEvent(), context()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    name: 'DeliveryError',
    message: expect.stringMatching(/^the egress rules of routes.yaml refuse ::ffff:a9fe:a9fe: /),
    failure: {},
  })
  expect((error as DeliveryError).failure).toEqual({})
})

test('certificates of its own are shown and asked for', async () => {
  await using receiver = await openSecureReceiver({ asksForClient: true })
  const tls = { ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') }
  const url = `https://127.0.0.1:${receiver.port}/hooks`
  const sink = await openSink({ url, tls: { ...tls, servername: 'receiver.test' } })
  expect(await sink.deliver(sampleEvent(), context())).toEqual({ status: 200 })
  expect(receiver.requests).toEqual([{ client: 'client.test', servername: 'receiver.test' }])
  await sink.close?.()
  await expect(sink.deliver(sampleEvent(), context())).rejects.toThrow()
})

describe('check', () => {
  interface Case {
    readonly name: string
    readonly options: WebhookOptions
    readonly problems?: readonly string[]
  }
  const fixture = new URL('../fixtures/webhook-problems.yaml', import.meta.url)
  const cases: readonly Case[] = parse(readFileSync(fixture, 'utf8'))

  test.each(cases)('$name', async ({ options, problems = [] }) => {
    const found = (await webhook.check?.(options)) ?? []
    expect(found.map(({ path, message }) => `${path}: ${message}`)).toEqual(problems)
  })
})
