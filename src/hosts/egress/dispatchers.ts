// By its file: Bun has something of its own, without dispatchers, in the place of 'undici'.
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici/index.js'
import type { Egress, TlsOptions } from '../../core/runtime.ts'
import type { NodeEgress } from './node-egress.ts'

/** The signal cannot reach a connection that is still being made, so an abandoned one must end by itself. */
const CONNECT_MS = 10_000

const COMMON = {
  // One request a connection, so that cutting one off harms no other.
  allowH2: false,
  headersTimeout: 0,
  bodyTimeout: 0,
}

/** Connections made with the same TLS options: kept alive, as many to an origin as it has requests in flight. */
export interface Dispatchers {
  /** What sends requests to this URL. Throws where the egress rules refuse to ask a proxy for it. */
  to(url: URL): Dispatcher
  /** Breaks off what is in flight and closes every connection. */
  destroy(): Promise<void>
}

export function createDispatchers(
  egress: NodeEgress,
  proxyOf: Egress['proxyOf'],
  tls: TlsOptions = {},
): Dispatchers {
  const direct = new Agent({ ...COMMON, connect: createConnector(egress, tls) })
  const proxied = new Map<string, ProxyAgent>()
  return {
    to(url) {
      const proxy = proxyOf(url)
      if (proxy === undefined) return direct
      const agent = proxied.get(proxy) ?? createProxyAgent(proxy, tls)
      proxied.set(proxy, agent)
      return agent
    },
    async destroy() {
      await Promise.all([direct, ...proxied.values()].map((agent) => agent.destroy()))
    },
  }
}

function createConnector(egress: NodeEgress, tls: TlsOptions): buildConnector.connector {
  const connect = buildConnector({
    ...tls,
    allowH2: false,
    timeout: CONNECT_MS,
    lookup: egress.lookup,
  })
  return (options, callback) => {
    const { hostname } = options
    const refusal = egress.refusal(hostname)
    // Later, as every other failure: undici does not expect to be called back at once.
    if (refusal) return queueMicrotask(() => callback(refusal, null))
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null)
      egress.hold(hostname, socket)
      callback(null, socket)
    })
  }
}

/** The way to the proxy itself is not subject to the egress rules. */
function createProxyAgent(uri: string, tls: TlsOptions): ProxyAgent {
  return new ProxyAgent({
    ...COMMON,
    uri,
    connectTimeout: CONNECT_MS,
    requestTls: { ...tls, allowH2: false },
    proxyTls: { allowH2: false },
    clientFactory: (origin, options) =>
      new Pool(origin, { ...options, headersTimeout: CONNECT_MS, allowH2: false }),
  })
}
