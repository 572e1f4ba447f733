import type { Static, TSchema } from '@sinclair/typebox'
import type { Problem } from './errors.ts'
import type { Event, JsonObject } from './event.ts'
import type { Runtime } from './runtime.ts'

/** A JSON Schema: TypeBox's, which carries the TypeScript type of what it describes, or a plain one. */
export type OptionsSchema = TSchema | JsonObject
export type OptionsOf<S> = S extends TSchema ? Static<S> : JsonObject

interface PluginType<Live, S extends OptionsSchema> {
  /** The `type:` that users write in routes.yaml, and the plug's file name. */
  readonly type: string
  /** Checks, defaults and documents the options; `secret: true` on a property masks its value everywhere. */
  readonly options: S
  /** What a schema cannot say, e.g. that two options exclude each other. Paths are relative to the options. */
  check?(options: OptionsOf<S>): readonly Problem[]
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

/** An event as its source knows it: which source that is, the gateway adds. */
export type SourceEvent = Omit<Event, 'via'>

export interface Source {
  /** Throws RejectedError: 400 for what is not its protocol, one and the same 401 for all that is not authentic. */
  receive(callback: Callback): Promise<Received>
}

export interface SourceType<S extends OptionsSchema = OptionsSchema> extends PluginType<Source, S> {
  /** What is wrong with the envelope of an event's `raw` by today's rules: a stored one may have been refused by others. */
  checkAgain?(raw: string): readonly string[]
}

export interface DeliveryContext {
  readonly deliveryId: string
  /** 1 for the first; the same over an attempt's quick tries. */
  readonly attempt: number
  /** Aborts when the sink's `timeout` has passed. */
  readonly signal: AbortSignal
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
  /** Called once, after the last delivery in flight. */
  close?(): Promise<void>
}

/** A host that a sink's options name, and where. */
export interface Destination {
  /** Dotted, relative to the options: `url`, `brokers.0`. */
  readonly path: string
  /** A name or an address, without port. */
  readonly host: string
}

export interface SinkType<S extends OptionsSchema = OptionsSchema> extends PluginType<Sink, S> {
  /** Where it will connect to, as far as its options say: a host that the egress rules refuse is a problem at once. */
  destinations?(options: OptionsOf<S>): readonly Destination[]
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
