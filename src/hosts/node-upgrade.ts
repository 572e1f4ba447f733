import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import { type Duplex, finished } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import { messageOf } from '../core/errors.ts'
import type { Peer, PeerListener } from '../core/long-connection.ts'
import type { Log } from '../core/runtime.ts'
import { CONNECT_PATH, type Upgrade } from '../http/long-connection.ts'

/** An acknowledgement has in it, as base64, whatever the consumer's handler has returned. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

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
    answer(request, socket, head, { upgrade, log }).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'an upgrade failed unexpectedly')
      socket.destroy()
    })
  })
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

async function answer(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { upgrade, log }: { readonly upgrade: Upgrade; readonly log: Log },
): Promise<void> {
  const answered = await upgrade(request.url ?? '')
  if (answered instanceof Response) return refuse(socket, answered)
  const webSockets = await loadWebSockets()
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    join(webSocket, socket, answered(peerOf(webSocket)))
    webSocket.on('error', (error) => {
      // ws answers it with a close by itself.
      log.warn({ error: messageOf(error) }, 'a consumer has sent what cannot be taken')
    })
  })
}

const WEB_SOCKETS = {
  noServer: true,
  maxPayload: MAX_MESSAGE_BYTES,
  clientTracking: false,
  /** From a goodbye, ours or the client's, until the connection is cut. */
  closeTimeout: 500,
}

let loading: Promise<WebSocketServer> | undefined

/** Once, and only where somebody connects. */
function loadWebSockets(): Promise<WebSocketServer> {
  loading ??= import('ws').then(({ WebSocketServer }) => new WebSocketServer(WEB_SOCKETS))
  return loading
}

function peerOf(webSocket: WebSocket): Peer {
  return {
    send: (message) => webSocket.send(message),
    isOpen: () => webSocket.readyState === webSocket.OPEN,
    buffered: () => webSocket.bufferedAmount,
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  }
}

function join(webSocket: WebSocket, socket: Duplex, listener: PeerListener): void {
  // Sooner than ws says 'close': the client may take its time to end its own side.
  finished(socket, { readable: false }, () => listener.closed())
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
