import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import { RejectedError } from '../core/errors.ts'
import type { Runtime } from '../core/runtime.ts'
import { createTally } from '../core/tally.ts'
import { problem } from '../http/problem.ts'

export interface NodeServer {
  /** The port in fact, where 0 was asked for. */
  readonly port: number
  /** Answers what has been asked, and takes no more. */
  close(): Promise<void>
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
  /** A connection on which nothing moves while an answer is owed: nobody reads it, or nobody gives it. */
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

/** Resolves when it listens; rejects where it cannot. */
export async function listen(
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  { port, host }: { readonly port: number; readonly host: string },
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
    },
    getRequestListener(fetch, { hostname: host, errorHandler }),
  )
  server.timeout = limits.silentMs
  server.maxConnections = limits.connections
  server.on('drop', createTally(runtime, 'connections are closed: there are too many'))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return { port: address.port, close: () => close(server) }
}

/** For what cannot even become a Request: the gateway answers all else by itself. */
function errorHandler(error: unknown): Response {
  if (!(error instanceof RequestError))
    return problem(new RejectedError(500, 'The request failed.'))
  return problem(new RejectedError(400, 'The address or the Host header is not valid.'))
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Node's own limits end with close(): without this a silent client would keep the gateway from ending.
    const cut = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS)
    // What is kept alive after its last answer would be waited for as well.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
  })
}
