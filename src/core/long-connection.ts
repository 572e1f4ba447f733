/** The server's side of Feishu's long connection, of a sink whose receivers connect to the gateway. */
export interface LongConnection {
  /** As which app receivers ask for a connection: how the one sink is told from the others. */
  readonly appId: string
  /** A receiver asks where to connect, and gives the app's secret. */
  invite(secret: string): Promise<Invitation>
  /** Whether this is the query of an invitation that still holds, another process's included, and there is room. */
  admits(query: URLSearchParams): Promise<boolean>
  /** A receiver has connected. What it does is told to what this returns; `ready` is called once it may be sent events. */
  connect(peer: Peer, ready: () => void): PeerListener
}

export type Invitation =
  /** With what query to connect, and how to behave then. */
  | { readonly kind: 'invited'; readonly query: string; readonly clientConfig: ClientConfig }
  | { readonly kind: 'wrong secret' | 'too many connections' | 'closing' }

/** What Feishu's clients are told, under its own names. In seconds. */
export interface ClientConfig {
  /** Endless where it is negative. */
  readonly ReconnectCount: number
  readonly ReconnectInterval: number
  /** The first wait is a random part of this. */
  readonly ReconnectNonce: number
  readonly PingInterval: number
}

/** A receiver's connection, as the host has it. */
export interface Peer {
  /** One whole binary message. */
  send(message: Uint8Array): void
  /** Whether what is sent can still arrive. */
  isOpen(): boolean
  /** Bytes that wait to be sent. */
  buffered(): number
  /** Says goodbye, with a WebSocket close code. */
  close(code: number, reason: string): void
  /** At once, without a word. */
  terminate(): void
}

export interface PeerListener {
  /** One whole binary message. */
  message(message: Uint8Array): void
  /** Called once: nothing more comes, and nothing arrives any more. The peer may take a moment longer to be gone. */
  closed(): void
}

/** Takes a connection over. */
export type Connect = (peer: Peer) => PeerListener
