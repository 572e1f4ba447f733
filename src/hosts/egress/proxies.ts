import { addressOf, canonicalHost, isWithin, only, parseRange } from '../../core/egress/address.ts'
import type { Env } from '../environment.ts'

/** What the environment says of proxies. */
export interface Proxies {
  /** Whole URLs, whose user and password are secrets. */
  readonly http: string | undefined
  readonly https: string | undefined
  /** As NO_PROXY has it. */
  readonly none: string
}

export const noProxies: Proxies = { http: undefined, https: undefined, none: '' }

/** The small letters win, as with curl. Calls `reject` for a variable that is not in order. */
export function readProxies(
  env: Env,
  reject: (variable: string, message: string) => void,
): Proxies {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || undefined
  const address = (name: string) => {
    const text = read(name)
    if (text === undefined) return undefined
    const url = URL.parse(text.includes('://') ? text : `http://${text}`)
    if (url !== null && /^https?:$/.test(url.protocol) && isEncoded(url)) return url.href
    reject(name, 'must be the address of a proxy, such as http://proxy.example.com:3128')
    return undefined
  }
  return {
    http: address('HTTP_PROXY'),
    https: address('HTTPS_PROXY'),
    none: read('NO_PROXY') ?? '',
  }
}

/** Whether a % in the user or the password is one of two digits' encoding. */
function isEncoded({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

/** The proxy that requests to an origin go through; undefined for none. */
export type ChooseProxy = (origin: URL) => string | undefined

export function proxyChooser({ http, https, none }: Proxies): ChooseProxy {
  const exceptions = none
    .split(/[,\s]+/)
    .flatMap((entry) => (entry === '' ? [] : [exceptionOf(entry)]))
  return ({ protocol, hostname, port }) => {
    const proxy = protocol === 'https:' ? https : http
    if (proxy === undefined) return undefined
    const host = canonicalHost(hostname)
    const excepted = exceptions.some((isExcepted) =>
      isExcepted(host, port || DEFAULT_PORTS[protocol]),
    )
    return excepted ? undefined : proxy
  }
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

type Exception = (host: string, port: string | undefined) => boolean

/**
 * `*`, an address, a CIDR, or a name, which stands for all that ends in it too; `*.name` for that alone. Of one port
 * with `:port`.
 */
function exceptionOf(entry: string): Exception {
  const range = parseRange(entry)
  if (range) return (host) => isWithin(only(addressOf(host) ?? ''), range)
  const [, written = '', ofPort] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [entry, entry]
  const name = canonicalHost(written.replace(/^\*?\./, ''))
  const isWild = written.startsWith('*.')
  return (host, port) => {
    if (ofPort !== undefined && ofPort !== port) return false
    if (written === '*') return true
    return host.endsWith(`.${name}`) || (host === name && !isWild)
  }
}
