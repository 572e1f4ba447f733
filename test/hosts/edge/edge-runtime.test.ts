import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEdgeRuntime } from '../../../src/hosts/edge/runtime.ts'
import { createWebFetch } from '../../../src/hosts/edge/web-fetch.ts'
import { vectors } from '../../fixtures/vectors.ts'
import { silentLog } from '../../log.ts'
import { openReceiver, status } from '../../receiver.ts'
import { testBody } from '../../suites/body.ts'
import type { CryptoAnswer } from '../../suites/crypto.ts'
import { bundleWorker, startWorkerd, type Workerd } from '../../workerd.ts'
import { type Outcome, outcomeOf, type Question } from './exchange.ts'

let workerd: Workerd
beforeAll(async () => {
  const file = new URL('./edge-worker.ts', import.meta.url).pathname
  workerd = await startWorkerd({ script: await bundleWorker(file) })
})
afterAll(() => workerd.close())

async function askWorkerd<T>(path: string, question: object): Promise<T> {
  const body = JSON.stringify(question)
  const answer = await fetch(workerd.url + path, { method: 'POST', body })
  expect(answer.status).toBe(200)
  // The worker beside this file says so.
  return (await answer.json()) as T
}

test('a worker has nothing of Node, or all else here would prove little', async () => {
  expect(await askWorkerd('/node', {})).toEqual(['undefined', 'undefined'])
})

test('workerd tells of errors that nobody caught, and goes on', async () => {
  await askWorkerd('/strays', {})
  await expect.poll(() => workerd.logged.join()).toContain('"error":"a timer throws"')
  await expect.poll(() => workerd.logged.join()).toContain('"error":"nobody waits"')
})

test('WebCrypto answers in workerd as the law has it', async () => {
  const answers = await askWorkerd<readonly CryptoAnswer[]>('/crypto', vectors)
  expect(answers.length).toBeGreaterThan(30)
  for (const { name, answer, expected } of answers) expect(answer, name).toEqual(expected)
})

const places: readonly [string, (question: Question) => Promise<Outcome>][] = [
  ['Node', (question) => outcomeOf(createWebFetch(fetch, 300), question)],
  ['workerd', (question) => askWorkerd('/fetch', question)],
]

describe.each(places)('fetch of %s', (_, ask) => {
  test('sends method, headers and body, and gives status, headers and text', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith(status(418, { 'Retry-After': '7' }, '茶壶'))
    const headers = { 'X-Team': 'finance' }
    const outcome = await ask({ url: `${receiver.url}/a/b?c=d`, headers, body: '你好' })
    expect(outcome).toEqual({ status: 418, retryAfter: '7', text: '茶壶' })
    expect(receiver.requests).toMatchObject([
      { method: 'POST', path: '/a/b?c=d', headers: { 'x-team': 'finance' }, body: '你好' },
    ])
  })

  test.each(['HEAD', 'GET', 'POST'])('sends %s without a body', async (method) => {
    await using receiver = await openReceiver()
    expect(await ask({ url: receiver.url, method, body: '' })).toMatchObject({ status: 200 })
    expect(receiver.requests).toMatchObject([{ method, body: '' }])
  })

  test('follows no redirect', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith(status(302, { Location: `${receiver.url}/elsewhere` }))
    expect(await ask({ url: receiver.url })).toMatchObject({ status: 302, text: '' })
    expect(receiver.requests).toHaveLength(1)
  })

  testBody(ask)

  test('fails where a body breaks off', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => {
      response.writeHead(200, { 'Content-Length': 100 })
      response.write('half', () => response.destroy())
    })
    expect(await ask({ url: receiver.url })).toMatchObject({ transient: true })
  })

  test('ends the wait for an answer with the signal, and the connection', async () => {
    await using receiver = await openReceiver()
    const cutOff = Promise.withResolvers<void>()
    receiver.answerWith((response) => void response.on('close', cutOff.resolve))
    const outcome = await ask({ url: receiver.url, timeoutMs: 100 })
    expect(outcome).toEqual({ error: 'too late', transient: false })
    await cutOff.promise
  })

  test('ends the wait for a body with the signal', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => void response.write('drop'))
    expect(await ask({ url: receiver.url, timeoutMs: 100 })).toMatchObject({ error: 'too late' })
  })

  test('names a header that HTTP cannot carry, without its value', async () => {
    const headers = { 'X-Key': 'secret\r\nvalue' }
    expect(await ask({ url: 'http://127.0.0.1:9', headers })).toEqual({
      error: 'HTTP cannot carry the header X-Key as it is',
      transient: false,
    })
  })

  test.each([
    ['http://169.254.169.254/', {}, 'link-local'],
    ['http://[::ffff:a9fe:a9fe]/', {}, 'link-local'],
    ['http://metadata.google.internal/', {}, 'metadata'],
    ['http://127.0.0.1:9/', { deny: ['127.0.0.0/8'] }, 'egress.deny.0 names it'],
    ['http://hooks.example.com/', { deny: ['*.example.com'] }, 'egress.deny.0 names it'],
    ['http://hooks.example.com/', { allow: ['10.0.0.0/8'] }, 'name the host'],
  ])('does not ask %s under egress %j', async (url, egress, reason) => {
    const { error } = await ask({ url, egress })
    expect(error).toContain('the egress rules of routes.yaml refuse')
    expect(error).toContain(reason)
  })
})

describe('what workerd tells of a connection that failed', () => {
  test.each([
    ['http://127.0.0.1:9/', 'refused, or broken off before an answer came'],
    ['http://nowhere.invalid/', 'the host is not found, or TLS fails'],
  ])('%s: %s', async (url, meaning) => {
    const error = `the connection failed: ${meaning}`
    expect(await askWorkerd('/fetch', { url })).toEqual({ error, transient: true })
  })

  test('a receiver that hangs up without an answer', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => response.destroy())
    const outcome = await askWorkerd<Outcome>('/fetch', { url: receiver.url })
    expect(outcome.error).toContain('broken off before an answer came')
  })
})

test('a signal that has aborted already sends nothing', async () => {
  const sent: string[] = []
  const { fetch: fetchOf } = createWebFetch(async (url) => {
    sent.push(url)
    return new Response()
  })
  const reason = new Error('too late')
  const init = { method: 'POST', headers: {}, body: '{}', signal: AbortSignal.abort(reason) }
  await expect(fetchOf('http://hooks.example.com', init)).rejects.toBe(reason)
  expect(sent).toEqual([])
})

test('TLS options are refused, and sockets have nothing here', () => {
  const { secure, egress } = createEdgeRuntime({ log: silentLog })
  expect(() => secure({ ca: 'ca.pem' })).toThrow(/^tls: .*run the gateway on Node/)
  expect(egress.proxyOf(new URL('https://example.com'))).toBeUndefined()
  expect(egress.refusal('169.254.169.254')?.message).toContain('link-local')
  egress.lookup('example.com', {}, (error) => expect(error?.message).toContain('no name'))
  expect.assertions(4)
})
