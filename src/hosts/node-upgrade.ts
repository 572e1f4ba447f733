import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import { messageOf } from '../core/errors.ts'
import type { Connect } from '../core/long-connection.ts'
import type { Log } from '../core/runtime.ts'
import { CONNECT_PATH, type Upgrade } from '../http/long-connection.ts'

/** A client says little: its pings, and what it makes of an event. */
const MAX_MESSAGE_BYTES = 64 * 1024

/** Whether a request is for a WebSocket that the gateway may have; any other is answered as if it asked for none. */
export function wantsUpgrade({ url = '', headers }: IncomingMessage): boolean {
  const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket'
  return isWebSocket && url.split('?')[0] === CONNECT_PATH
}

/** Lets the gateway answer the server's upgrades. The function that it returns cuts the connections that are left. */
export function acceptUpgrades(server: Server, upgrade: Upgrade, log: Log): () => void {
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // An error ends the socket by itself, and is nobody's fault.
    socket.on('error', () => {})
    answer(request, socket, head, upgrade).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'an upgrade failed unexpectedly')
      socket.destroy()
    })
  })
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

async function answer(request: IncomingMessage, socket: Duplex, head: Buffer, upgrade: Upgrade) {
  const answered = await upgrade(request.url ?? '')
  if (answered instanceof Response) return refuse(socket, answered)
  const webSockets = await loadWebSockets()
  webSockets.handleUpgrade(request, socket, head, (webSocket) => join(webSocket, answered))
}

let loading: Promise<WebSocketServer> | undefined

/** Once, and only where somebody connects. */
function loadWebSockets(): Promise<WebSocketServer> {
  loading ??= import('ws').then(
    ({ WebSocketServer }) =>
      new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, clientTracking: false }),
  )
  return loading
}

function join(webSocket: WebSocket, connect: Connect): void {
  const listener = connect({
    send: (message) => webSocket.send(message),
    buffered: () => webSocket.bufferedAmount,
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  })
  // What is no WebSocket message, or too large a one, ws answers with a close by itself.
  webSocket.on('error', () => {})
  webSocket.on('close', () => listener.closed())
  webSocket.on('message', (message, isBinary) => {
    if (isBinary && message instanceof Uint8Array) listener.message(message)
  })
}

async function refuse(socket: Duplex, refusal: Response): Promise<void> {
  const body = await refusal.text()
  const headers = [
    ...refusal.headers,
    ['Connection', 'close'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ]
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
