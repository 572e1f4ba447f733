import { getEventListeners, once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import { createNodeFetch } from '../../src/hosts/node-fetch.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { silentLog } from '../log.ts'
import { openReceiver, status } from '../receiver.ts'
import { testBody } from '../suites/body.ts'

const runtime = createNodeRuntime({ folder: '/tmp', log: silentLog })
afterAll(() => runtime.close())

const never = new AbortController().signal
const post = (signal: AbortSignal = never, body: string | Uint8Array = '{}') => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body,
  signal,
})

/** A promise that a test's answer resolves. */
function moment<T = void>() {
  return Promise.withResolvers<T>()
}

describe('fetch', () => {
  test('sends method, headers and bytes, and gives status, headers and text', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith(status(418, { 'Retry-After': '7', 'Set-Cookie': ['a=1', 'b=2'] }, '茶壶'))
    const answer = await runtime.fetch(
      `${receiver.url}/a/b?c=d#e`,
      post(never, new TextEncoder().encode('你好')),
    )
    expect(answer.status).toBe(418)
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(answer.headers.get('Set-Cookie')).toBe('a=1, b=2')
    expect(answer.headers.get('x-none')).toBeNull()
    expect(await answer.text()).toBe('茶壶')
    expect(receiver.requests).toMatchObject([
      {
        method: 'POST',
        path: '/a/b?c=d',
        headers: { 'content-type': 'application/json', 'content-length': '6' },
        body: '你好',
      },
    ])
  })

  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((address) => address?.address === '::1')

  test.skipIf(!hasIpv6)('reaches an IPv6 literal', async () => {
    await using receiver = await openReceiver('::1')
    const answer = await runtime.fetch(receiver.url, post())
    expect(answer.status).toBe(200)
  })

  test('follows no redirect', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith(status(302, { Location: `${receiver.url}/elsewhere` }))
    const answer = await runtime.fetch(receiver.url, post())
    expect(answer.status).toBe(302)
    expect(receiver.requests).toHaveLength(1)
  })

  test('reuses its connection, even when no one reads the answers', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith(status(200, {}, 'x'.repeat(16 * 1024)))
    for (let n = 0; n < 10; n++) {
      const answer = await runtime.fetch(receiver.url, post())
      if (n % 2 === 0) expect(await answer.text()).toHaveLength(16 * 1024)
    }
    // An answer that is not read may still be under way when the next request starts.
    expect(receiver.connections).toBeLessThanOrEqual(2)
  })

  test('opens as many connections as there are requests in flight', async () => {
    await using receiver = await openReceiver()
    const all = moment()
    receiver.answerWith((response) => {
      all.promise.then(() => response.end())
      if (receiver.requests.length === 40) all.resolve()
    })
    await Promise.all(Array.from({ length: 40 }, () => runtime.fetch(receiver.url, post())))
    expect(receiver.connections).toBe(40)
  })

  test('skips informational answers', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('final')
    })
    const answer = await runtime.fetch(receiver.url, post())
    expect([answer.status, await answer.text()]).toEqual([200, 'final'])
  })
})

const brief = createNodeFetch({ bodyMs: 300 })
afterAll(() => brief.close())

testBody(async ({ url, unread }) => {
  const answer = await brief.fetch(url, post())
  return { status: answer.status, ...(!unread && { text: await answer.text() }) }
})

describe('the signal', () => {
  test('that has aborted already sends nothing', async () => {
    await using receiver = await openReceiver()
    const reason = new Error('too late')
    await expect(runtime.fetch(receiver.url, post(AbortSignal.abort(reason)))).rejects.toBe(reason)
    expect(receiver.connections).toBe(0)
  })

  test('that aborts before there is a connection sends nothing', async () => {
    await using receiver = await openReceiver()
    const controller = new AbortController()
    const reason = new Error('too late')
    const failure = runtime.fetch(receiver.url, post(controller.signal, 'first'))
    controller.abort(reason)
    await expect(failure).rejects.toBe(reason)
    // This one's connection is made after the first one's.
    await runtime.fetch(receiver.url, post(never, 'second'))
    expect(receiver.requests.map(({ body }) => body)).toEqual(['second'])
  })

  test('ends the wait for an answer, and the connection', async () => {
    await using receiver = await openReceiver()
    const controller = new AbortController()
    const cutOff = moment()
    const reason = new Error('too late')
    receiver.answerWith((response) => {
      response.on('close', cutOff.resolve)
      controller.abort(reason)
    })
    await expect(runtime.fetch(receiver.url, post(controller.signal))).rejects.toBe(reason)
    await cutOff.promise
  })

  test('ends the wait for a body, and the connection', async () => {
    await using receiver = await openReceiver()
    const controller = new AbortController()
    const cutOff = moment()
    const reason = new Error('too late')
    receiver.answerWith((response) => {
      response.on('close', cutOff.resolve)
      response.write('drop')
    })
    const answer = await runtime.fetch(receiver.url, post(controller.signal))
    controller.abort(reason)
    await expect(answer.text()).rejects.toBe(reason)
    await cutOff.promise
  })

  test('ends the wait for a connection: a peer that accepts and never shakes hands', async () => {
    const controller = new AbortController()
    const reason = new Error('too late')
    const hello = moment<Buffer>()
    const mute = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        hello.resolve(bytes)
        controller.abort(reason)
      })
    }).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as AddressInfo
    const { fetch, close } = createNodeFetch()
    await expect(fetch(`https://127.0.0.1:${port}`, post(controller.signal))).rejects.toBe(reason)
    expect((await hello.promise)[0]).toBe(0x16) // A TLS handshake record.
    await close()
    mute.close()
  })

  test('is let go of once the answer is whole', async () => {
    await using receiver = await openReceiver()
    const { signal } = new AbortController()
    const answer = await runtime.fetch(receiver.url, post(signal))
    await answer.text()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('a failed connection', () => {
  test('says which address refused', async () => {
    await expect(runtime.fetch('http://127.0.0.1:9', post())).rejects.toThrow(
      'connect ECONNREFUSED 127.0.0.1:9',
    )
  })

  test('says so of a name with several addresses, too', async () => {
    await expect(runtime.fetch('http://localhost:9', post())).rejects.toThrow(
      /connect ECONNREFUSED .*:9/,
    )
  })

  test('names the host that is not found', async () => {
    await expect(runtime.fetch('http://nowhere.invalid', post())).rejects.toThrow('nowhere.invalid')
  })

  test('rejects where the receiver hangs up without an answer', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => response.destroy())
    await expect(runtime.fetch(receiver.url, post())).rejects.toThrow()
  })

  test('rejects a header that HTTP cannot carry, without its value', async () => {
    const init = { ...post(), headers: { 'X-Key': 'secret\r\nvalue' } }
    const failure = runtime.fetch('http://127.0.0.1:9', init)
    await expect(failure).rejects.toThrow('invalid X-Key header')
    await expect(failure).rejects.not.toThrow('secret')
  })

  test('rejects where a body breaks off', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => {
      response.writeHead(200, { 'Content-Length': 100 })
      response.write('half', () => response.destroy())
    })
    const answer = await runtime.fetch(receiver.url, post())
    await expect(answer.text()).rejects.toThrow()
  })

  test('close breaks off what is in flight', async () => {
    await using receiver = await openReceiver()
    const { fetch, close } = createNodeFetch()
    const arrived = moment()
    receiver.answerWith(() => arrived.resolve())
    const failure = expect(fetch(receiver.url, post())).rejects.toThrow()
    await arrived.promise
    await close()
    await failure
  })
})
