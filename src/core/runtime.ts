import type { Tracer } from './trace.ts'

type MaybePromise<T> = T | Promise<T>

export interface FetchInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly signal: AbortSignal
  /** What TLS connections are made with, in place of the system's certificate authorities and no certificate. */
  readonly tls?: TlsIdentity
}

/** Each of `ca`, `cert` and `key` is PEM text, or the name of a PEM file. */
export interface TlsOptions {
  /** Whom to trust in place of the system's certificate authorities. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** What the receiver's certificate must be made out to, and what it is asked for, in place of the URL's host. */
  readonly servername?: string
}

/** TLS options that have been read. Requests with different ones never share a connection. */
export interface TlsIdentity {
  /** Closes its connections. */
  close(): Promise<void>
}

export interface FetchResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  /**
   * The body's beginning, at most 16 KiB: a receiver may send more than anyone wants to hold. It need not be read: the
   * host ends a long or a slow body by itself.
   */
  text(): Promise<string>
}

/** The primitives that Feishu's and the receivers' signatures need. Synchronous where the host has it so. */
export interface Crypto {
  sha256(...parts: readonly (string | Uint8Array)[]): MaybePromise<Uint8Array>
  hmacSha256(key: Uint8Array, content: string | Uint8Array): MaybePromise<Uint8Array>
  /** `seed` is the private key's 32 bytes (RFC 8032). */
  signEd25519(seed: Uint8Array, content: string | Uint8Array): MaybePromise<Uint8Array>
  /** AES-256-CBC with PKCS#7 padding, which `decrypt` leaves on: what a wrong one costs must not tell. */
  encryptAesCbc(key: Uint8Array, iv: Uint8Array, plain: string): MaybePromise<Uint8Array>
  decryptAesCbc(key: Uint8Array, iv: Uint8Array, cipher: Uint8Array): MaybePromise<Uint8Array>
  randomBytes(length: number): Uint8Array
  toBase64(bytes: Uint8Array): string
  toHex(bytes: Uint8Array): string
  fromBase64(text: string): Uint8Array
  /** Takes the same time whatever the contents; of unequal lengths, false. */
  equal(a: string | Uint8Array, b: string | Uint8Array): boolean
}

/** Structured logging: fields first, then a message that never holds a secret. pino satisfies it. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Connection {
  readonly remoteAddress?: string | undefined
  destroy(error: Error): unknown
  once(event: 'close', listener: () => void): unknown
}

interface FoundAddress {
  readonly address: string
  readonly family: number
}

/**
 * The egress rules of routes.yaml, as they are now, for a plug that opens sockets by itself. What `fetch` connects to
 * keeps to them anyway.
 */
export interface Egress {
  /** Why a host may not be connected to at all; undefined where that is for `lookup` to say. */
  refusal(host: string): Error | undefined
  /** In the form that Node's sockets take it: finds only addresses that may be connected to. */
  lookup(
    host: string,
    options: object,
    callback: (error: Error | null, found: string | FoundAddress[], family?: number) => void,
  ): void
  /**
   * The proxy that connections to an http or https URL go through, with its user and password; undefined for none.
   * Throws where a proxy may not be asked for that host.
   */
  proxyOf(url: URL): string | undefined
  /**
   * To be called once connected: closes the connection now or later, when the rules no longer let it be. What goes by a
   * proxy is judged by its host alone, for the address is the proxy's.
   */
  hold(host: string, connection: Connection, isProxied?: boolean): void
}

/** What the host lends the core. Tests lend their own: a clock that they move, a fetch that they watch. */
export interface Runtime {
  /** Unix milliseconds. */
  now(): number
  /** In [0, 1). */
  random(): number
  /**
   * Never follows a redirect. Rejects on connection errors and when the signal aborts, and with a DeliveryError when
   * the egress rules refuse the connection.
   */
  fetch(url: string, init: FetchInit): Promise<FetchResponse>
  /** Reads TLS options for `fetch`. Throws ConfigError, with paths like `tls.ca`. */
  secure(options: TlsOptions): TlsIdentity
  readonly egress: Egress
  /**
   * Runs a plug's task, and tells `stray` of what it throws where nobody catches it: in a timer, in a promise that
   * nobody awaits. A host that cannot know whose error it is just runs the task.
   */
  contain<T>(task: () => Promise<T>, stray: (error: unknown) => void): Promise<T>
  readonly crypto: Crypto
  readonly log: Log
  /** Without it nothing is traced. */
  readonly tracer?: Tracer
  /** Folder beside which a plug's relative file names are meant: that of routes.yaml. */
  readonly folder: string
}
