import { AESCipher } from '@larksuiteoapi/node-sdk'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { webhook } from '../../src/sinks/webhook.ts'
import type { WebhookOptions } from '../../src/sinks/webhook-options.ts'
import { silentLog } from '../log.ts'
import { type Answer, openReceiver, status } from '../receiver.ts'
import { openSdkReceiver } from '../sdk-receiver.ts'
import { openSecureReceiver, pem, TLS_FOLDER } from '../secure-receiver.ts'

const runtime = createNodeRuntime({ folder: TLS_FOLDER, log: silentLog })
afterAll(() => runtime.close())

const never = new AbortController().signal

/** What the probe of a sink says, be it good or bad. */
async function probe(options: WebhookOptions): Promise<string> {
  const sink = await webhook.open(options, runtime)
  try {
    return await Promise.resolve(sink.probe?.(never)).then(String, ({ message }) => `!! ${message}`)
  } finally {
    await sink.close?.()
  }
}

async function probeOf(answer: Answer, options: Partial<WebhookOptions>) {
  await using receiver = await openReceiver()
  receiver.answerWith(answer)
  const said = await probe({ url: `${receiver.url}/in`, ...options })
  return { said, requests: receiver.requests }
}

const app = { verification_token: 'their token' }

const echo: Answer = (response, { body }) => {
  const { challenge } = JSON.parse(body)
  response.end(JSON.stringify({ challenge }))
}

describe('a receiver with keys of its own is asked its url_verification', () => {
  test('in the clear without an encrypt_key', async () => {
    const { said, requests } = await probeOf(echo, { ...app, headers: { 'X-Team': 'hr' } })
    expect(said).toBe('answers its url_verification')
    expect(requests).toHaveLength(1)
    const [request] = requests
    expect(request).toMatchObject({ method: 'POST', path: '/in' })
    expect(request?.headers).toMatchObject({ 'x-team': 'hr' })
    expect(JSON.parse(request?.body ?? '')).toEqual({
      challenge: expect.stringMatching(/^[0-9a-f]{32}$/),
      token: 'their token',
      type: 'url_verification',
    })
  })

  test('encrypted with one, and never signed', async () => {
    const { requests } = await probeOf(status(200), { ...app, encrypt_key: 'their key' })
    const { encrypt, ...rest } = JSON.parse(requests[0]?.body ?? '')
    expect(JSON.parse(new AESCipher('their key').decrypt(encrypt))).toMatchObject({
      token: 'their token',
      type: 'url_verification',
    })
    expect(rest).toEqual({})
    expect(Object.keys(requests[0]?.headers ?? {}).join()).not.toMatch(/x-lark|webhook-/)
  })

  test('with another challenge each time', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith(echo)
    for (let count = 0; count < 2; count++) await probe({ url: receiver.url, ...app })
    const challenges = receiver.requests.map(({ body }) => JSON.parse(body).challenge)
    expect(new Set(challenges).size).toBe(2)
  })

  test.each([
    ['plain', {}],
    ['encrypted', { encryptKey: 'their key ✓' }],
  ])('which the official Node SDK answers, %s', async (_, keys: { encryptKey?: string }) => {
    await using receiver = await openSdkReceiver({ ...keys, verificationToken: 'their token' })
    const { encryptKey: encrypt_key } = keys
    const options = { url: receiver.url, ...app, ...(encrypt_key && { encrypt_key }) }
    expect(await probe(options)).toBe('answers its url_verification')
    expect(receiver.handled).toEqual([])
  })
})

describe('a receiver that does not answer it: what came, and what to do', () => {
  const say = (text: string) => status(200, {}, text)
  const keys = "are verification_token and encrypt_key the receiver's own"
  const cases: readonly [string, Answer, string][] = [
    ['another challenge', say('{"challenge":"no"}'), 'it answers another challenge than'],
    ['nothing', status(200), `HTTP 200 without the challenge: ${keys}`],
    ['something else', say('hello\n'), `HTTP 200 without the challenge (hello): ${keys}`],
    ['null', say('null'), 'HTTP 200 without the challenge (null): '],
    ['too much', say(`{"x":"${'x'.repeat(300)}"}`), 'HTTP 200 without the challenge: '],
    ['another success', (response, request) => echo(response.writeHead(201), request), 'HTTP 201'],
    [
      '500',
      status(500, {}, '{"msg":"token mismatch"}'),
      `HTTP 500 ({"msg":"token mismatch"}): ${keys}`,
    ],
    ['404', status(404), "HTTP 404: is the path in url the receiver's?"],
    [
      'a redirect',
      status(302, { Location: '/' }),
      "redirected (302): set the sink's url to the final",
    ],
    ['410', status(410), 'gone (410): the receiver wants no more'],
    ['a broken answer', (response) => response.destroy(), 'the connection was closed before'],
  ]
  test.each(cases)('%s', async (_, answer, message) => {
    const { said, requests } = await probeOf(answer, app)
    expect(said).toContain(`!! does not answer its url_verification: ${message}`)
    expect(requests).toHaveLength(1)
  })

  test('an SDK handler without autoChallenge', async () => {
    await using receiver = await openSdkReceiver({}, { autoChallenge: false })
    expect(await probe({ url: receiver.url, ...app })).toContain('autoChallenge in the Node SDK')
  })

  test('nobody is there', async () => {
    const said = await probe({ url: 'http://127.0.0.1:9/', ...app })
    expect(said).toBe(
      '!! does not answer its url_verification: the connection failed: ECONNREFUSED',
    )
  })

  test('no answer within the 3 s that Feishu waits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await using receiver = await openReceiver()
      const { promise: asked, resolve } = Promise.withResolvers<void>()
      receiver.answerWith(() => resolve())
      const said = probe({ url: receiver.url, ...app })
      await asked
      await vi.advanceTimersByTimeAsync(3000)
      expect(await said).toContain("no answer within 3 s: is the path in url the receiver's")
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('any other receiver is asked whether it is there', () => {
  test.each([
    {},
    { format: 'data' as const },
    { format: 'cloudevents' as const, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  ])('by a HEAD request that brings nothing: %j', async (options) => {
    const headers = { 'X-Team': 'finance' }
    const { said, requests } = await probeOf(status(405), { ...options, headers })
    expect(said).toBe('is there: answers HEAD with 405')
    expect(requests).toMatchObject([{ method: 'HEAD', path: '/in', body: '' }])
    expect(requests[0]?.headers).toMatchObject({ 'x-team': 'finance' })
    expect(Object.keys(requests[0]?.headers ?? {}).join()).not.toMatch(/webhook-/)
  })

  test.each([502, 503, 504])(
    '%i is the word of a proxy that has nobody behind it',
    async (code) => {
      const { said } = await probeOf(status(code), {})
      expect(said).toBe(
        `!! answers HEAD with ${code}, as a proxy does that has no receiver behind it: start the receiver, or correct the sink's url`,
      )
    },
  )

  test('and only when someone asks for it', async () => {
    const plain = await webhook.open({ url: 'http://127.0.0.1:9/' }, runtime)
    const theirs = await webhook.open({ url: 'http://127.0.0.1:9/', ...app }, runtime)
    expect([plain.greet === undefined, theirs.greet === undefined]).toEqual([true, false])
  })

  test('nobody is there', async () => {
    const said = await probe({ url: 'http://127.0.0.1:9/' })
    expect(said).toBe('!! the connection failed: ECONNREFUSED')
  })

  test('with its own certificates', async () => {
    await using receiver = await openSecureReceiver()
    const url = `https://127.0.0.1:${receiver.port}`
    const tls = { ca: pem('ca.pem'), servername: 'receiver.test' }
    expect(await probe({ url, tls })).toBe('is there: answers HEAD with 200')
    expect(await probe({ url })).toContain('!! the connection failed: SELF_SIGNED_CERT')
  })
})
