import { request } from 'node:http'
import { expect, test } from 'vitest'
import { openGateway } from '../sinks/feishu-ws/gateway.ts'

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
