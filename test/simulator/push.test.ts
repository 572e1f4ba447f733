import { once } from 'node:events'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createFeishuCipher } from '../../src/feishu/crypto.ts'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { createPush } from '../../src/simulator/push.ts'
import { openReceiver, status } from '../receiver.ts'
import { callbackOf } from '../serve.ts'
import { APP } from './app.ts'

const runtime = { crypto: nodeCrypto, now: Date.now }
const text = JSON.stringify(callbackOf())
const { encryptKey, ...PLAIN } = APP

test('an event is encrypted, signed, and has the token', async () => {
  await using receiver = await openReceiver()
  const push = await createPush(APP, { runtime })
  expect(await push.sendOf(text)(receiver.url)).toEqual({ status: 200, said: '' })
  const { headers, body = '', method } = receiver.requests[0] ?? {}
  const cipher = await createFeishuCipher(encryptKey, nodeCrypto)
  const signed = await cipher.sign(
    String(headers?.['x-lark-request-timestamp']),
    String(headers?.['x-lark-request-nonce']),
    body,
  )
  expect(method).toBe('POST')
  expect(headers?.['x-lark-signature']).toBe(signed)
  const plain = JSON.parse(await cipher.decrypt(JSON.parse(body).encrypt))
  expect(plain).toEqual({ ...JSON.parse(text), token: APP.verificationToken })
})

test('an app without a key sends in the clear, to the letter but for the token', async () => {
  await using receiver = await openReceiver()
  const push = await createPush(PLAIN, { runtime })
  await push.sendOf(text)(receiver.url)
  const expected = text.replace('"token":""', `"token":"${APP.verificationToken}"`)
  expect(receiver.requests[0]?.body).toBe(expected)
  expect(receiver.requests[0]?.headers).not.toHaveProperty('x-lark-signature')
})

test('a retry is the same to the byte, or signed again where that is asked for', async () => {
  await using receiver = await openReceiver()
  for (const signAgain of [false, true]) {
    const push = await createPush(APP, { runtime, signAgain })
    const send = push.sendOf(text)
    await send(receiver.url)
    await send(receiver.url)
  }
  const nonces = receiver.requests.map(({ headers }) => headers['x-lark-request-nonce'])
  expect(nonces[1]).toBe(nonces[0])
  expect(new Set(nonces).size).toBe(3)
  expect(receiver.requests[1]?.body).toBe(receiver.requests[0]?.body)
})

test('what is not answered in time has no status', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith(() => {})
  const push = await createPush(APP, { runtime, limits: { connectMs: 2_000, answerMs: 50 } })
  const attempt = await push.sendOf(text)(receiver.url)
  expect(attempt).toEqual({ status: undefined, said: 'no answer within 50 ms' })
})

test('half an answer is none', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith((response) => {
    response.writeHead(200, { 'Content-Length': 10 })
    response.write('half', () => response.destroy())
  })
  const push = await createPush(APP, { runtime })
  expect(await push.sendOf(text)(receiver.url)).toEqual({ status: undefined, said: 'aborted' })
})

test('nobody there', async () => {
  const push = await createPush(APP, { runtime })
  const attempt = await push.sendOf(text)('http://127.0.0.1:1')
  expect(attempt).toEqual({ status: undefined, said: expect.stringMatching('ECONNREFUSED') })
})

test('a connection that nobody takes is given up before an answer would be', async () => {
  // Its thread sleeps: the kernel takes as many connections as its queue holds, and no more.
  const listening = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 })
    server.on('listening', () => {
      require('node:worker_threads').parentPort.postMessage(server.address().port)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const worker = new Worker(listening, { eval: true })
  const [port] = await once(worker, 'message')
  const queued = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'))
  await once(queued[0] ?? worker, 'connect')
  const push = await createPush(APP, { runtime, limits: { connectMs: 100, answerMs: 20_000 } })
  const attempt = await push.sendOf(text)(`http://127.0.0.1:${port}`)
  expect(attempt).toEqual({ status: undefined, said: 'no connection within 100 ms' })
  for (const socket of queued) socket.destroy()
  await worker.terminate()
})

test('a redirect is an answer like any other that is not 200', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith(status(302, { Location: '/elsewhere' }))
  const push = await createPush(APP, { runtime })
  expect((await push.sendOf(text)(receiver.url)).status).toBe(302)
  expect(receiver.requests).toHaveLength(1)
})

test.each([
  ['with a key', APP],
  ['without one', PLAIN],
])('a request URL is verified before it is saved: %s', async (_, app) => {
  await using receiver = await openReceiver()
  const cipher = await createFeishuCipher(encryptKey, nodeCrypto)
  const opened: unknown[] = []
  receiver.answerWith(async (response, { body }) => {
    const outer = JSON.parse(body)
    const question = outer.encrypt ? JSON.parse(await cipher.decrypt(outer.encrypt)) : outer
    opened.push({ ...question, sealed: 'encrypt' in outer })
    response.end(JSON.stringify({ challenge: question.challenge }))
  })
  const push = await createPush(app, { runtime })
  await push.verify(receiver.url)
  const challenge = expect.stringMatching(/^[0-9a-f]{32}$/)
  const token = APP.verificationToken
  expect(opened).toEqual([{ challenge, token, type: 'url_verification', sealed: app === APP }])
  expect(receiver.requests[0]?.headers).not.toHaveProperty('x-lark-signature')
})

test.each([
  ['another status', status(401, {}, '{"challenge":"x"}')],
  ['another challenge', status(200, {}, '{"challenge":"x"}')],
  ['no JSON', status(200, {}, 'ok')],
])('a request URL is not saved: %s', async (_, answer) => {
  await using receiver = await openReceiver()
  receiver.answerWith(answer)
  const push = await createPush(APP, { runtime })
  await expect(push.verify(receiver.url)).rejects.toThrow('did not answer its url_verification')
})

test('a request URL that answers after a second is not saved', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith(() => {})
  const push = await createPush(APP, { runtime })
  await expect(push.verify(receiver.url)).rejects.toThrow(/no answer within 1000 ms$/)
})
