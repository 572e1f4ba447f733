import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { CONTROL, encodeFrame, type Frame } from '../../src/feishu/frames.ts'
import { openReceiver, status } from '../receiver.ts'
import { pem } from '../secure-receiver.ts'

export interface OddFeishuOptions {
  /** `wss://receiver.test` in place of `ws://127.0.0.1`. */
  readonly isSecure?: boolean
  /** What the first answer says, in seconds. */
  readonly PingInterval?: number
  /** The payload of every pong. */
  readonly pong?: unknown
  /** Sent after every pong. */
  readonly frame?: Frame
  /** The whole answer to whoever asks for a WebSocket. */
  readonly refuseWith?: string
}

/** A Feishu that says whatever a test wants, where the simulator keeps to the protocol. */
export async function openOddFeishu({ isSecure = false, ...options }: OddFeishuOptions) {
  const { PingInterval = 120, pong = { PingInterval }, frame, refuseWith } = options
  const sockets = new WebSocketServer({ noServer: true })
  const identity = { cert: pem('receiver.pem'), key: pem('receiver.key') }
  const server = isSecure ? createSecureServer(identity) : createServer()
  const pings: number[] = []
  const connections = new Set<Socket>()
  server.on('connection', (socket) => connections.add(socket))
  server.on('upgrade', (request, socket, head) => {
    // A client that breaks off is no fault of a test's, and the server listens no longer itself.
    socket.on('error', () => socket.destroy())
    if (refuseWith !== undefined) return socket.end(refuseWith)
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', () => {
        pings.push(performance.now())
        client.send(encodeFrame(pongOf(pong)))
        if (frame) client.send(encodeFrame(frame))
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const bootstrap = await openReceiver()
  const origin = isSecure ? `wss://receiver.test:${port}` : `ws://127.0.0.1:${port}`
  const ClientConfig = { ReconnectCount: -1, ReconnectInterval: 1, ReconnectNonce: 1, PingInterval }
  const data = { URL: `${origin}/ws?fpid=1&device_id=d&service_id=1&ticket=t`, ClientConfig }
  bootstrap.answerWith(status(200, {}, JSON.stringify({ code: 0, msg: '', data })))
  return {
    /** Where to ask for the address. */
    url: bootstrap.url,
    /** Of the WebSocket. */
    port,
    /** When each ping (or acknowledgement) came, in milliseconds. */
    pings,
    connected: () => sockets.clients.size,
    /** As a network does it that has lost its memory. */
    reset() {
      for (const socket of connections) socket.resetAndDestroy()
    },
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      server.close()
      await bootstrap[Symbol.asyncDispose]()
    },
  }
}

function pongOf(said: unknown): Frame {
  const payload = new TextEncoder().encode(JSON.stringify(said))
  return {
    seqId: 0,
    logId: 0,
    service: 1,
    method: CONTROL,
    headers: new Map([['type', 'pong']]),
    payload,
  }
}
