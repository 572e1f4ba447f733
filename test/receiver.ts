import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders
  /** Names as they came. */
  readonly headerNames: readonly string[]
  readonly body: string
}

/** One that does not end the response leaves the sender waiting. */
export type Answer = (response: ServerResponse, request: ReceivedRequest) => void

export interface Receiver extends AsyncDisposable {
  /** `http://127.0.0.1:12345` */
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** How many connections were ever opened to it. */
  readonly connections: number
  /** From now on answers with these in turn, and with the last one ever after. 200 until then. */
  answerWith(...answers: readonly Answer[]): void
}

/** An answer with this status, these headers and this body. */
export function status(code: number, headers: OutgoingHttpHeaders = {}, body = ''): Answer {
  return (response) => response.writeHead(code, headers).end(body)
}

/** A real HTTP server on loopback that keeps what it gets. */
export async function openReceiver(host = '127.0.0.1'): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  let answers: readonly Answer[] = [status(200)]

  const server = createServer(async (incoming, response) => {
    const request = await read(incoming)
    requests.push(request)
    const [answer, ...rest] = answers
    if (rest.length > 0) answers = rest
    answer?.(response, request)
  })
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    requests,
    get connections() {
      return connections
    },
    answerWith(...next) {
      answers = next
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function read(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    headerNames: incoming.rawHeaders.filter((_, index) => index % 2 === 0),
    body: Buffer.concat(chunks).toString('utf8'),
  }
}
