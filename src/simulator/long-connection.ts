import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { setToken } from '../feishu/token.ts'
import type { SimulatedApp } from './app.ts'
import type { Answer, Call } from './call.ts'
import {
  type ClientConfig,
  type Connection,
  type ConnectionFaults,
  createConnection,
} from './connection.ts'
import type { Attempt, Send } from './schedule.ts'

export interface LongConnectionFaults extends ConnectionFaults {
  /** Answers every bootstrap with this code; 0 does not. */
  refuseWith: number
}

export interface LongConnectionOptions {
  readonly apps: readonly SimulatedApp[]
  /** Where clients are sent: `ws://127.0.0.1:12345`. */
  origin(): string
  /** Default: Feishu's own 120 s between pings and between tries, of which the first comes within 30 s. */
  readonly config?: ClientConfig
  /** Default 3,000. */
  readonly ackMs?: number
}

/** The server's side of the long connection. */
export interface LongConnection {
  readonly faults: LongConnectionFaults
  /** Undefined for a path that is not its own. */
  answer(call: Call): Answer | undefined
  /** For the server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  connected(appId: string): number
  /** For one event: each call of what it gives sends it to one of the app's clients, picked at random. */
  sendOf(appId: string, text: string): Send
  /** Closes every connection, as Feishu does when it restarts: the clients come again. */
  disconnect(): void
}

const ENDPOINT = '/callback/ws/endpoint'
const MAX_CONNECTIONS = 50
const CONFIG: ClientConfig = {
  ReconnectCount: -1,
  ReconnectInterval: 120,
  ReconnectNonce: 30,
  PingInterval: 120,
}
const NOBODY: Attempt = { status: undefined, said: 'no client is connected' }

/** Source of paths and codes: the official SDKs' long-connection clients. */
export function createLongConnection(options: LongConnectionOptions): LongConnection {
  const { apps, origin, config = CONFIG, ackMs = 3_000 } = options
  const faults = { silent: false, chunkBytes: Number.MAX_SAFE_INTEGER, refuseWith: 0 }
  const server = new WebSocketServer({ noServer: true })
  const connections = new Map<Connection, SimulatedApp>()
  const ofApp = (appId: string) =>
    [...connections].flatMap(([connection, { id }]) => (id === appId ? [connection] : []))
  const tickets = createTickets()
  const bootstrap = ({ body }: Call): Answer => {
    if (faults.refuseWith !== 0) return refused(faults.refuseWith, 'refused on demand')
    const app = apps.find(({ id, secret }) => id === body.AppID && secret === body.AppSecret)
    if (!app) return refused(514, 'auth failed')
    const isFull = ofApp(app.id).length >= MAX_CONNECTIONS
    if (isFull) return refused(1000040350, 'exceed connection limit')
    const data = { URL: `${origin()}${tickets.issue(app)}`, ClientConfig: config }
    return { status: 200, body: { code: 0, msg: '', data } }
  }
  return {
    faults,
    answer: (call) =>
      call.method === 'POST' && call.path === ENDPOINT ? bootstrap(call) : undefined,
    upgrade(request, socket, head) {
      const ticket = tickets.redeem(request.url ?? '')
      if (!ticket) return void socket.end(FORBIDDEN)
      server.handleUpgrade(request, socket, head, (client) => {
        const connection = createConnection(client, { ...ticket, faults, config })
        connections.set(connection, ticket.app)
        client.on('close', () => connections.delete(connection))
      })
    },
    connected: (appId) => ofApp(appId).length,
    sendOf(appId, text) {
      // Nothing is encrypted or signed here, and the token says nothing either.
      const blank = setToken(text, '')
      return async () => oneOf(ofApp(appId))?.send(blank, ackMs) ?? NOBODY
    },
    disconnect() {
      for (const client of server.clients) client.close()
    },
  }
}

interface Ticket {
  readonly app: SimulatedApp
  readonly service: number
}

/** Each address that a bootstrap gives is good for one connection. */
function createTickets() {
  const issued = new Map<string, Ticket>()
  let service = 33_554_431
  return {
    /** The path and query of a WebSocket's address. */
    issue(app: SimulatedApp): string {
      service++
      const names = `device_id=${randomUUID()}&access_key=${randomUUID()}&service_id=${service}`
      // The official Node SDK reads the query as if the whole address were one: its first parameter is lost.
      const path = `/ws/v2?fpid=493&aid=552564&${names}&ticket=${randomUUID()}`
      issued.set(path, { app, service })
      return path
    },
    redeem(path: string): Ticket | undefined {
      const ticket = issued.get(path)
      issued.delete(path)
      return ticket
    },
  }
}

const FORBIDDEN = [
  'HTTP/1.1 403 Forbidden',
  'Handshake-Status: 403',
  'Handshake-Msg: forbidden',
  'Connection: close',
  '',
  '',
].join('\r\n')

/** `data` is there in any case: the official Node SDK takes an answer without it for one that may be tried again. */
function refused(code: number, msg: string): Answer {
  return { status: 200, body: { code, msg, data: {} } }
}

function oneOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)]
}
