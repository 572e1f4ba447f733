import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { encodeFrame } from '../../src/feishu/frames.ts'
import { acceptUpgrades } from '../../src/hosts/node-upgrade.ts'
import { silentLog } from '../log.ts'
import { callbackOf, post } from '../serve.ts'
import { openGateway, routesOf } from '../sinks/feishu-ws/gateway.ts'
import { ask, PING } from '../sinks/feishu-ws/raw-client.ts'

interface Wish {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The status of an answer; 101 for an upgrade. */
function statusOf(url: string, { method = 'GET', headers = {}, body = '' }: Wish) {
  return new Promise<number | undefined>((resolve, reject) => {
    const asking = request(url, { method, headers: { Connection: 'Upgrade', ...headers } })
    asking.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asking.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode)
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

const webSocket = {
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

test('a WebSocket is had at one path alone; elsewhere there is none, and nothing hangs', async () => {
  await using gateway = await openGateway()
  const at = (path: string) => statusOf(`${gateway.url}${path}`, { headers: webSocket })
  expect(await at('/callback/ws')).toBe(401)
  expect(await at('/callback/ws/')).toBe(404)
  expect(await at('/nowhere')).toBe(404)
  expect(await at('/webhook/event')).toBe(405)
  expect(await at('/healthz')).toBe(200)
})

test('who comes there without a WebSocket is told so', async () => {
  await using gateway = await openGateway()
  const url = `${gateway.url}/callback/ws`
  const plain = await fetch(url)
  expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
})

test('an offer of another protocol is passed over: the request is answered as any other', async () => {
  await using gateway = await openGateway()
  const headers = { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA' }
  const body = '{"AppID":"cli_00000000000000aa","AppSecret":"x"}'
  const endpoint = `${gateway.url}/callback/ws/endpoint`
  expect(await statusOf(endpoint, { method: 'POST', headers, body })).toBe(200)
})

/** A client that closes nothing: neither its side of the WebSocket by itself, nor its side of TCP. */
function dial(address: string): Socket {
  const { port, pathname, search } = new URL(address)
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  // A reset is one of the ways in which a server closes.
  socket.on('error', () => {})
  socket.resume()
  const lines = Object.entries({ Host: 'gateway', Connection: 'Upgrade', ...webSocket })
  const headers = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${headers}\r\n`)
  socket.write(messageOf(2, encodeFrame(PING)))
  return socket
}

/** A WebSocket frame of a client, below 126 bytes. */
function messageOf(opcode: number, payload: Uint8Array): Buffer {
  return Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload])
}

const LAST_WORDS: readonly (readonly [string, Buffer])[] = [
  ['its goodbye', messageOf(8, Buffer.from([0x03, 0xe8]))],
  ['a message that is too large', Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 1, 0, 0, 0, 0])],
  ['what is no message', Buffer.from([0xff, 0xff])],
]

test.each(LAST_WORDS)('after %s a client is gone before its connection is', async (_, last) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { promise: gone, resolve } = Promise.withResolvers<boolean>()
  server.on('upgrade', (_request, socket) => socket.once('close', () => resolve(false)))
  const upgrade = async () => () => ({ message() {}, closed: () => resolve(true) })
  const cut = acceptUpgrades(server, upgrade, silentLog)
  const client = dial(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  client.write(last)
  expect(await gone).toBe(true)
  cut()
  client.destroy()
  server.close()
})

test.each(LAST_WORDS)(
  'after %s a client is gone, though it keeps its connection',
  async (_, last) => {
    await using gateway = await openGateway(routesOf('retry: { attempts: 1, quick: 0 }'))
    const client = dial((await ask(gateway.url)).data.URL)
    await expect.poll(() => gateway.logged('has connected')).toHaveLength(1)
    await post(gateway.url, callbackOf())
    client.write(last)
    await expect.poll(() => gateway.logged('given back')).toHaveLength(1)
    await post(gateway.url, callbackOf())
    const isCut = () => {
      client.write('?')
      return client.destroyed
    }
    await expect.poll(isCut, { timeout: 5000 }).toBe(true)
    expect(await gateway.owed()).toEqual({ pending: 2, dead: 0 })
  },
)
