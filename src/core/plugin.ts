import type { Static, TSchema } from '@sinclair/typebox'
import type { Problem } from './errors.ts'
import type { Event, JsonObject } from './event.ts'
import type { LongConnection } from './long-connection.ts'
import type { Runtime } from './runtime.ts'
import type { SpanAttributes } from './trace.ts'

/** A JSON Schema: TypeBox's, which carries the TypeScript type of what it describes, or a plain one. */
export type OptionsSchema = TSchema | JsonObject
export type OptionsOf<S> = S extends TSchema ? Static<S> : JsonObject

/** A host that a plug's options name, and where. */
export interface Destination {
  /** Dotted, relative to the options: `url`, `brokers.0`. */
  readonly path: string
  /** A name or an address, without port. */
  readonly host: string
}

interface PluginType<Live, S extends OptionsSchema> {
  /** The `type:` that users write in routes.yaml, and the plug's file name. */
  readonly type: string
  /** Checks, defaults and documents the options; `secret: true` on a property masks its value everywhere. */
  readonly options: S
  /** An option whose value no two plugs of this type may share. */
  readonly unique?: string
  /** What a schema cannot say, e.g. that two options exclude each other. Paths are relative to the options. */
  check?(options: OptionsOf<S>): readonly Problem[] | Promise<readonly Problem[]>
  /** Options of which `check` says the same where others hold a reference whose value is not known yet. */
  readonly checkedAlone?: readonly string[]
  /** Where it will connect to, as far as its options say: a host that the egress rules refuse is a problem at once. */
  destinations?(options: OptionsOf<S>): readonly Destination[]
  /** Throws where the plug cannot work as configured, which rejects the whole file. */
  open(options: OptionsOf<S>, runtime: Runtime): Live | Promise<Live>
}

/** A request as it reached the gateway: the bytes are what was signed. */
export interface Callback {
  readonly headers: { get(name: string): string | null }
  readonly body: Uint8Array
}

export type Received =
  /** An authentic event; `problems` say how its envelope is broken, so that it is quarantined. */
  | { readonly kind: 'event'; readonly event: SourceEvent; readonly problems: readonly string[] }
  /** The protocol's own handshake, answered at once. */
  | { readonly kind: 'reply'; readonly body: JsonObject }

/** An event as its source knows it: which source that is, the gateway adds, and the trace. */
export type SourceEvent = Omit<Event, 'via' | 'trace'>

/**
 * Where a source that connects brings its events, each at once: what it throws while it reads one is counted with the
 * rest. Rejects with that, or where the event cannot be stored: then it must come again.
 */
export type Take = (received: Received | Promise<Received>) => Promise<void>

/** Brings events: by callbacks that reach the gateway (`receive`), or by a connection of its own (`connect`). */
export interface Source {
  /** Throws RejectedError: 400 for what is not its protocol, one and the same 401 for all that is not authentic. */
  receive?(callback: Callback): Promise<Received>
  /** Called once, when its plan is in force: from here on it brings events, until it is closed. */
  connect?(take: Take): void
  /** Of a source that connects: whether it is connected now. */
  connected?(): boolean
  /** Called when a plan comes into force. Sees to it that the events of these approvals come. Never rejects. */
  subscribe?(approvals: readonly WantedApproval[]): Promise<readonly Subscription[]>
  /** Asks where its events come from whether they may, without connecting. As a sink's, for `check --live`. */
  probe?(signal: AbortSignal): Promise<string>
  /** Called once. Resolves when it brings nothing more. */
  close?(): Promise<void>
}

/** An approval definition whose events a route asks for. */
export interface WantedApproval {
  readonly code: string
  /** Where routes.yaml names it: `routes.yaml:31:22  routes.2.match.approval_code`. */
  readonly places: readonly string[]
}

/** What became of one subscription. */
export interface Subscription {
  readonly code: string
  /** `unknown`: the app's tenant has no approval with this code. `failed`: `message` says why, it is tried again. */
  readonly state: 'subscribed' | 'already subscribed' | 'unknown' | 'failed'
  readonly message: string
}

export interface SourceType<S extends OptionsSchema = OptionsSchema> extends PluginType<Source, S> {
  /** It connects by itself: it has no path. */
  readonly connects?: boolean
  /** What is wrong with the envelope of an event's `raw` by today's rules: a stored one may have been refused by others. */
  checkAgain?(raw: string): readonly string[]
}

export interface DeliveryContext {
  readonly deliveryId: string
  /** 1 for the first; the same over an attempt's quick tries. */
  readonly attempt: number
  /** Aborts when the sink's `timeout` has passed. */
  readonly signal: AbortSignal
  /** To be passed on to the receiver, where the attempt is traced: https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string
}

/** What the receiver answered, kept with the delivery for people to read. */
export interface Receipt {
  readonly status?: number
}

export interface Sink {
  /** Resolves when the receiver has the event, throws when it has not: DeliveryError to say more about it. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a sink with nothing to say returns nothing.
  deliver(event: Event, context: DeliveryContext): Promise<Receipt | void>
  /** A sink that is not ready is not asked; what it is owed waits in the store. */
  ready?(): boolean
  /** What traces say of each attempt beside what they know; secrets are concealed. `client` without a kind. */
  readonly span?: { readonly kind?: 'client' | 'producer'; readonly attributes?: SpanAttributes }
  /** Of a sink whose receivers connect to the gateway. */
  readonly longConnection?: LongConnection
  /**
   * Asks the receiver whether it is there, changing nothing. Resolves with what people want to know (`answers its
   * url_verification`), rejects with what is wrong. For `check --live`.
   */
  probe?(signal: AbortSignal): Promise<string>
  /**
   * Called once, in the background, when the sink comes into force: for a receiver that expects to be asked at the
   * start, as Feishu asks. Resolves and rejects as `probe` does; either is logged, and nothing else comes of it.
   */
  greet?(signal: AbortSignal): Promise<string>
  /** Called once, after the last delivery in flight. */
  close?(): Promise<void>
}

export interface SinkType<S extends OptionsSchema = OptionsSchema> extends PluginType<Sink, S> {
  /** Reads the files that its options name, as `open` does. Throws ConfigError, with paths relative to the options. */
  checkFiles?(options: OptionsOf<S>, runtime: Pick<Runtime, 'folder' | 'secure'>): void
  /** What the receiver would be sent as its body. Opens nothing; no secret is in it. */
  preview?(event: Event, options: OptionsOf<S>): string | Promise<string>
  /** `concurrency` where routes.yaml names none; 16 without this. */
  readonly concurrency?: number
}

/** Types a sink's options from its schema; `export default defineSink({ … })` is a plugin. */
export function defineSink<const S extends OptionsSchema>(type: SinkType<S>): SinkType<S> {
  return type
}

export function defineSource<const S extends OptionsSchema>(type: SourceType<S>): SourceType<S> {
  return type
}
