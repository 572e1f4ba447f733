import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import { RejectedError } from '../core/errors.ts'
import type { Runtime } from '../core/runtime.ts'
import { createTally } from '../core/tally.ts'
import type { Upgrade } from '../http/long-connection.ts'
import { problem } from '../http/problem.ts'
import { acceptUpgrades, wantsUpgrade } from './node-upgrade.ts'

export interface NodeServer {
  /** The port in fact, where 0 was asked for. */
  readonly port: number
  /** Answers what has been asked, and takes no more. */
  close(): Promise<void>
}

/** What is served: a gateway, or a part of it. */
interface Served {
  fetch(request: Request, env: object): Response | Promise<Response>
  /** Without it nobody gets a WebSocket. */
  readonly upgrade?: Upgrade
}

/** What a stranger may cost. Node itself answers what is over it with a bare 408 or 431. */
export interface ServerLimits {
  /** More than these are closed at once. */
  readonly connections: number
  /** For a request to arrive, and for its headers alone; Feishu gives up after 3 s. */
  readonly requestMs: number
  readonly headersMs: number
  /** How often those two are looked at. */
  readonly lookEveryMs: number
  /** A connection between two requests. Longer than proxies keep theirs (60 s): they would ask one that is closing. */
  readonly idleMs: number
  /** A connection on which nothing moves while an answer, or a part of it, waits to be read. */
  readonly silentMs: number
}

const LIMITS: ServerLimits = {
  connections: 10_000,
  requestMs: 10_000,
  headersMs: 5_000,
  lookEveryMs: 1_000,
  idleMs: 65_000,
  silentMs: 600_000,
}
const MAX_HEADER_BYTES = 16 * 1024
/** How long requests that are still arriving may take once the server is closing. */
const LAST_ANSWERS_MS = 3_000
const SWEEP_EVERY_MS = 50

export interface ListenAt {
  /** 0 for any that is free. */
  readonly port: number
  readonly host: string
  /** Which variable of the environment names the port. */
  readonly variable?: 'PORT' | 'ADMIN_PORT'
}

/** Resolves when it listens; rejects where it cannot, with what to do. */
export async function listen(
  served: Served,
  { port, host, variable = 'PORT' }: ListenAt,
  runtime: Pick<Runtime, 'now' | 'log'>,
  limits: ServerLimits = LIMITS,
): Promise<NodeServer> {
  const server = createServer(
    {
      requestTimeout: limits.requestMs,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: limits.lookEveryMs,
      keepAliveTimeout: limits.idleMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Any other upgrade, HTTP/2 for one, is an offer that need not be taken. Node asks since 22.21 and 24.9.
      ...(served.upgrade && { shouldUpgradeCallback: wantsUpgrade }),
    },
    getRequestListener((request, env) => served.fetch(request, env), {
      hostname: host,
      errorHandler,
    }),
  )
  const cutUpgraded = served.upgrade && acceptUpgrades(server, served.upgrade, runtime.log)
  server.timeout = limits.silentMs
  server.on('request', allowLongWork)
  server.maxConnections = limits.connections
  const tally = createTally(runtime, 'connections are closed: there are too many')
  server.on('drop', () => tally())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explained(error, { port, host, variable })))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return { port: address.port, close: () => close(server, cutUpgraded) }
}

/** What an operator asks for may take long, and say nothing meanwhile: only an answer that nobody reads is cut off. */
function allowLongWork(_: IncomingMessage, response: ServerResponse): void {
  response.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0) socket.destroy()
  })
}

function explained(error: Error, { port, host, variable }: Required<ListenAt>): Error {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `which is in use: end what listens there, or set ${variable} to another`,
    EACCES: `which this user may not use: set ${variable} to one above 1023`,
    EADDRNOTAVAIL: `for ${host} is no address of this machine: set HOST to one that is, or to 0.0.0.0`,
  }
  const advice = why[Object(error).code]
  if (advice === undefined) return error
  return new Error(`cannot listen on port ${port} of ${host}, ${advice}`, { cause: error })
}

/** For what cannot even become a Request: the gateway answers all else by itself. */
function errorHandler(error: unknown): Response {
  if (!(error instanceof RequestError))
    return problem(new RejectedError(500, 'The request failed.'))
  return problem(new RejectedError(400, 'The address or the Host header is not valid.'))
}

function close(server: Server, cutUpgraded: () => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    // Node's own limits end with close(): without this a silent client would keep the gateway from ending.
    const cut = setTimeout(() => {
      server.closeAllConnections()
      cutUpgraded()
    }, LAST_ANSWERS_MS)
    // What is kept alive after its last answer would be waited for as well.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
  })
}
