import { once } from 'node:events'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Egress } from '../../core/runtime.ts'

export interface Target {
  /** A name or an address. */
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** A proxy that never answers must not keep the gateway from trying again. */
const PROXY_MS = 10_000

/**
 * Opens a socket as far as the egress rules let it, by the proxy if there is one for it, and resolves when whoever is
 * there has shown its certificate. The signal closes the socket, whether it is open yet or not.
 */
export async function connectTo(
  { host, port, isSecure }: Target,
  egress: Egress,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted()
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const proxy = egress.proxyOf(new URL(`${isSecure ? 'https' : 'http'}://${authority}`))
  const isProxied = proxy !== undefined
  const refusal = isProxied ? undefined : egress.refusal(host)
  if (refusal) throw refusal
  const plain = isProxied
    ? await tunnel(new URL(proxy), authority, signal)
    : await opened(connect({ host, port, lookup: egress.lookup }), 'connect', signal)
  const socket = isSecure
    ? await opened(connectTls({ socket: plain, host, ...nameOf(host) }), 'secureConnect', signal)
    : plain
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
  egress.hold(host, socket, isProxied)
  return socket
}

/** A socket that does not open is closed. */
async function opened(socket: Socket, event: string, signal: AbortSignal): Promise<Socket> {
  try {
    await once(socket, event, { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function tunnel(proxy: URL, authority: string, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const host = proxy.hostname.replace(/^\[|\]$/g, '')
  const asking = (proxy.protocol === 'https:' ? requestTls : request)({
    host,
    port: proxy.port,
    method: 'CONNECT',
    path: authority,
    headers: { Host: authority, ...credentialsOf(proxy) },
    // Node would take it from the header `Host`, which names the target.
    servername: '',
    ...nameOf(host),
    agent: false,
    timeout: PROXY_MS,
    signal,
  })
  asking.once('connect', ({ statusCode }, socket) => {
    if (statusCode === 200) return resolve(socket.setTimeout(0))
    socket.destroy()
    reject(new Error(`the proxy answered ${statusCode}`))
  })
  asking.once('timeout', () => asking.destroy(new Error('the proxy does not answer')))
  asking.once('error', reject)
  asking.end()
  return promise
}

/** What TLS asks for: an address is no name. */
function nameOf(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {}
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
