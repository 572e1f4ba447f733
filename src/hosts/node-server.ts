import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

export interface NodeServer {
  /** The port in fact, where 0 was asked for. */
  readonly port: number
  /** Answers what has been asked, and takes no more. */
  close(): Promise<void>
}

/** A request that takes longer to arrive is cut off; Feishu itself gives up after 3 s. */
const REQUEST_MS = 30_000
const HEADERS_MS = 10_000
/** How long requests that are still arriving may take once the server is closing. */
const LAST_ANSWERS_MS = 3_000
const SWEEP_EVERY_MS = 50

/** Resolves when it listens; rejects where it cannot. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  port: number,
  host: string,
): Promise<NodeServer> {
  const limits = { requestTimeout: REQUEST_MS, headersTimeout: HEADERS_MS }
  const server = createServer(limits, getRequestListener(fetch, { hostname: host }))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return { port: address.port, close: () => close(server) }
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
