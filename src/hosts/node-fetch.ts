import type { LookupFunction } from 'node:net'
import { type Dispatcher, ProxyAgent } from 'undici/index.js'
import type { EgressOptions } from '../core/egress/rules.ts'
import { DeliveryError, messageOf } from '../core/errors.ts'
import type { Egress, FetchInit, FetchResponse, Runtime, TlsIdentity } from '../core/runtime.ts'
import { createBeginning } from './beginning.ts'
import { createDispatchers, type Dispatchers } from './egress/dispatchers.ts'
import { createNodeEgress, type NodeEgress } from './egress/node-egress.ts'
import { type ChooseProxy, noProxies, type Proxies, proxyChooser } from './egress/proxies.ts'
import { readTls } from './egress/tls.ts'

/** How long a body may take; what has come by then is its beginning. Holds whether or not anyone reads it. */
const BODY_MS = 3_000

export interface NodeFetchOptions {
  readonly proxies?: Proxies
  /** Beside which the files of TLS options are. */
  readonly folder?: string
  /** What tests lend in place of the system's. */
  readonly lookup?: LookupFunction
  readonly bodyMs?: number
}

export interface NodeFetch extends Pick<Runtime, 'fetch' | 'secure'> {
  readonly egress: Egress
  /** Goes by these egress rules from now on. */
  follow(options: EgressOptions): void
  /** Breaks off what is in flight and closes every connection. */
  close(): Promise<void>
}

/** `fetch` over connections that are kept alive, that keep to the egress rules, and that go through the proxies. */
export function createNodeFetch(options: NodeFetchOptions = {}): NodeFetch {
  const { proxies = noProxies, folder = '.', lookup, bodyMs = BODY_MS } = options
  const egress = createNodeEgress(lookup)
  const proxyOf = proxyWithin(egress, proxyChooser(proxies))
  const plain = createDispatchers(egress, proxyOf)
  const secured = new Map<TlsIdentity, Dispatchers>()
  return {
    egress: { ...egress, proxyOf },
    follow: egress.follow,
    fetch(url, init) {
      const dispatchers = init.tls === undefined ? plain : secured.get(init.tls)
      return exchange(dispatchers, bodyMs, url, init)
    },
    secure(tlsOptions) {
      const dispatchers = createDispatchers(egress, proxyOf, readTls(folder, tlsOptions))
      const identity: TlsIdentity = {
        async close() {
          secured.delete(identity)
          await dispatchers.destroy()
        },
      }
      secured.set(identity, dispatchers)
      return identity
    },
    async close() {
      await Promise.all([plain, ...secured.values()].map((each) => each.destroy()))
    },
  }
}

function proxyWithin(egress: NodeEgress, choose: ChooseProxy): Egress['proxyOf'] {
  return (url) => {
    const proxy = choose(url)
    const refusal = proxy === undefined ? undefined : egress.proxiedRefusal(url.hostname)
    if (refusal) throw refusal
    return proxy
  }
}

/** Not `agent.request`, which does not hear the signal while its connection is being made. */
async function exchange(
  dispatchers: Dispatchers | undefined,
  bodyMs: number,
  url: string,
  init: FetchInit,
): Promise<FetchResponse> {
  const { signal, tls, ...request } = init
  signal.throwIfAborted()
  if (!dispatchers) throw new Error('the TLS options of this request have been closed')
  const target = new URL(url)
  const { origin, pathname, search } = target
  const dispatcher = dispatchers.to(target)
  const proxy = dispatcher instanceof ProxyAgent ? proxyVariable(target) : undefined
  const { promise, resolve, reject } = Promise.withResolvers<FetchResponse>()
  const onAbort = () => fail(signal.reason)
  signal.addEventListener('abort', onAbort)

  let controller: Dispatcher.DispatchController | undefined
  const body = createBeginning(bodyMs, (why) => {
    signal.removeEventListener('abort', onAbort)
    if (why) controller?.abort(why)
  })
  const fail = (reason: Error) => {
    reject(reason)
    body.fail(reason)
  }

  dispatcher.dispatch(
    { ...request, origin, path: pathname + search },
    {
      onRequestStart(started) {
        controller = started
        if (signal.aborted) controller.abort(signal.reason)
      },
      onResponseStart(_, status, headers) {
        if (status < 200) return
        body.start()
        resolve({ status, headers: { get: headerOf(headers) }, text: () => body.text })
      },
      onResponseData: (_, chunk) => body.add(chunk),
      onResponseEnd: () => body.end(),
      onResponseError: (_, error) => fail(explained(error, proxy)),
    },
  )
  return promise
}

function proxyVariable({ protocol }: URL): string {
  return protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>) {
  return (name: string): string | null => {
    const value = headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
}

/**
 * A host of several addresses fails with one error for each, and no message of its own; a proxy may refuse, or not be
 * there. `proxy`: what names it, where there is one.
 */
function explained(error: Error, proxy: string | undefined): Error {
  const code = String(Object(error).code)
  if (proxy !== undefined && NOT_REACHED.test(code)) {
    const message = `the proxy of ${proxy} cannot be reached: ${code}`
    return new DeliveryError(message, { transient: true, cause: error })
  }
  if (code === 'UND_ERR_SOCKET') {
    const message = 'the connection was closed before an answer came'
    return new DeliveryError(message, { transient: true, cause: error })
  }
  const [, proxyStatus] = PROXY_ANSWER.exec(error.message) ?? []
  if (proxyStatus !== undefined) {
    const failure = { unreachable: true, transient: Number(proxyStatus) >= 500 }
    return new DeliveryError(`the proxy answered ${proxyStatus}`, failure)
  }
  if (!(error instanceof AggregateError) || error.message) return error
  const message = error.errors.map(messageOf).join('; ')
  return Object.assign(new Error(message, { cause: error }), { code: Object(error).code })
}

/** A receiver behind a proxy is never connected to from here. */
const NOT_REACHED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|UND_ERR_CONNECT_TIMEOUT)$/

/** How undici 8 says it. */
const PROXY_ANSWER = /^Proxy (?:response|Authentication Required) \((\d{3})\)/
