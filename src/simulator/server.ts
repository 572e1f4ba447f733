import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { isObject, type JsonObject } from '../core/event.ts'
import type { Answer, Call } from './call.ts'

/** Feishu's own addresses, on a port of the loopback interface. */
export interface LoopbackServer {
  readonly port: number
  /** Ends every connection. */
  close(): Promise<void>
}

const NOT_FOUND: Answer = { status: 404, body: { code: 404, msg: '404 page not found' } }
const BROKEN: Answer = { status: 500, body: { code: 500, msg: 'internal error' } }

export async function openServer(
  answer: (call: Call) => Answer | undefined,
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<LoopbackServer> {
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await readCall(request)
      .then((call) => answer(call) ?? NOT_FOUND)
      .catch(() => BROKEN)
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers })
    response.end(JSON.stringify(body))
  })
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    // A client that breaks off is no trouble of the server's.
    socket.on('error', () => socket.destroy())
    upgraded.add(socket.once('close', () => upgraded.delete(socket)))
    upgrade(request, socket, head)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.close().closeAllConnections()
    for (const socket of upgraded) socket.destroy()
    await once(server, 'close')
  }
  return { port, close }
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const { method = '', url = '/', headers } = request
  const [path = '/'] = url.split('?')
  const body = parseObject(await text(request))
  return { method, path, authorization: headers.authorization, body }
}

function parseObject(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
