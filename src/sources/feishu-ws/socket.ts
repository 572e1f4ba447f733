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

/** Opens a socket as far as the egress rules let it, by the proxy if there is one for it. */
export async function connectTo(target: Target, egress: Egress): Promise<Socket> {
  const { host, port, isSecure } = target
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const proxy = egress.proxyOf(new URL(`${isSecure ? 'https' : 'http'}://${authority}`))
  const serverName = isIP(host) === 0 ? { servername: host } : {}
  if (proxy !== undefined) {
    const socket = await tunnel(new URL(proxy), authority)
    return isSecure ? connectTls({ socket, ...serverName }) : socket
  }
  const refusal = egress.refusal(host)
  if (refusal) throw refusal
  const options = { host, port, lookup: egress.lookup }
  const socket = isSecure ? connectTls({ ...options, ...serverName }) : connect(options)
  return socket.once('connect', () => egress.hold(host, socket))
}

async function tunnel(proxy: URL, authority: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const asking = (proxy.protocol === 'https:' ? requestTls : request)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port,
    method: 'CONNECT',
    path: authority,
    headers: { Host: authority, ...credentialsOf(proxy) },
    agent: false,
    timeout: PROXY_MS,
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

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
