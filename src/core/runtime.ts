type MaybePromise<T> = T | Promise<T>

export interface FetchInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly signal: AbortSignal
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

/** What the host lends the core. Tests lend their own: a clock that they move, a fetch that they watch. */
export interface Runtime {
  /** Unix milliseconds. */
  now(): number
  /** In [0, 1). */
  random(): number
  /** Never follows a redirect. Rejects on connection errors and when the signal aborts. */
  fetch(url: string, init: FetchInit): Promise<FetchResponse>
  /**
   * Runs a plug's task, and tells `stray` of what it throws where nobody catches it: in a timer, in a promise that
   * nobody awaits. A host that cannot know whose error it is just runs the task.
   */
  contain<T>(task: () => Promise<T>, stray: (error: unknown) => void): Promise<T>
  readonly crypto: Crypto
  readonly log: Log
  /** Folder beside which a plug's relative file names are meant: that of routes.yaml. */
  readonly folder: string
}
