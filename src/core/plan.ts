import type { Event, JsonObject } from './event.ts'
import type { OwnEvent } from './own-events.ts'
import type { Sink, Source, WantedApproval } from './plugin.ts'
import type { ReasonWords } from './reason-words.ts'
import type { Redaction } from './redact.ts'

/** How failed deliveries are tried again. Waits are in milliseconds. */
export interface RetryPolicy {
  /** The waits between attempts; one more attempt than there are waits. */
  readonly waits: readonly number[]
  /** Each wait is stretched by a random factor of 1 to 1 + jitter. */
  readonly jitter: number
  /** Extra requests that one attempt may make at once. */
  readonly quick: number
}

/** The options that every sink has. */
export interface SinkSettings {
  /** For one request. */
  readonly timeoutMs: number
  readonly concurrency: number
  readonly retry: RetryPolicy
  /** Deliveries a second, evenly spaced; null for no limit. */
  readonly rateLimit: number | null
  /** The event's field whose value is the order key; null for no order. */
  readonly orderBy: string | null
  readonly breaker: BreakerPolicy
  /** Keeps what is owed. */
  readonly paused: boolean
}

/** When a receiver that fails is left alone, and for how long. */
export interface BreakerPolicy {
  /** Consecutive connection errors, timeouts and 5xx answers that open it. */
  readonly failures: number
  readonly cooldownMs: number
}

/** How long what is settled stays readable, in milliseconds. */
export interface Retention {
  readonly deliveredMs: number
  readonly deadMs: number
}

/** Who is told of what the gateway itself has to say. */
export interface AlertSettings {
  /** Names of sinks, each once. */
  readonly to: readonly string[]
  readonly events: readonly OwnEvent[]
  /** For how long what happens again is gathered. */
  readonly everyMs: number
}

export interface LiveSource {
  readonly name: string
  /** Where it receives its callbacks, e.g. `/webhook/event`; undefined of one that connects by itself. */
  readonly path: string | undefined
  /** The types of events that it accepts. */
  readonly events: readonly string[] | '*'
  accepts(eventType: string): boolean
  readonly source: Source
  /** Two sources of one name with equal fingerprints are the same source, which a reload leaves untouched. */
  readonly fingerprint: string
}

export interface LiveSink {
  readonly name: string
  /** The `type:` in routes.yaml. */
  readonly type: string
  readonly settings: SinkSettings
  readonly sink: Sink
  /** Two sinks of one name with equal fingerprints are the same sink, which a reload leaves untouched. */
  readonly fingerprint: string
  /** A text without the sink's secrets, for what its plug or its receiver says. */
  conceal(text: string): string
}

/** A route as the file has it, with `${…}` in place of values from outside. */
export interface WrittenRoute {
  readonly name: string
  readonly from?: readonly string[]
  readonly match?: JsonObject
  readonly to: readonly string[]
  readonly enabled: boolean
  /** Where it stands, as far as that is known; the line from 1. */
  readonly file?: string
  readonly line?: number
}

/** A sink as the file has it, with `${…}` in place of values from outside and `***` in place of other secrets. */
export interface WrittenSink {
  /** Its options, without its type. */
  readonly options: JsonObject
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** What one route makes of an event. */
export interface RouteAnswer {
  readonly route: string
  /** The sinks that it sends to. */
  readonly to: readonly string[]
  /** Why it does not match: the first condition that failed, in the order of the file. Undefined when it matches. */
  readonly why: string | undefined
}

/** What routes.yaml says of events. Nothing need be open for it. */
export interface Routing {
  /** Names of the routes that are enabled, in the order of the file. */
  readonly routes: readonly string[]
  readonly sinks: ReadonlyMap<string, { readonly settings: SinkSettings }>
  /** Names of the sinks that are owed this event, each once, in the order of the file; by one route alone if named. */
  route(event: Event, only?: string): readonly string[]
  /** All routes, those that are not enabled too, in the order of the file. */
  readonly written: readonly WrittenRoute[]
  /** By name. */
  readonly writtenSinks: ReadonlyMap<string, WrittenSink>
  /**
   * What each of them makes of the event; no secret is shown. An event whose `via` is empty is one of any source that
   * accepts its type. What it holds is told as `shown` has it, the event itself by default; why, in English unless other
   * `words` are given.
   */
  explain(event: Event, shown?: Event, words?: ReasonWords): readonly RouteAnswer[]
  /** The body that a sink would be sent; undefined where there is no such sink, or its type cannot tell. */
  preview(sink: string, event: Event): Promise<string | undefined>
  /** What is wrong with an event by its type's schema; empty when in order or when the type has no schema. */
  check(event: Event): readonly string[]
  /** What is wrong with a stored event by today's rules, its envelope included. */
  checkAgain(event: Event): readonly string[]
}

/** Everything that routes.yaml says, alive. */
export interface Plan extends Routing {
  readonly sources: readonly LiveSource[]
  readonly sinks: ReadonlyMap<string, LiveSink>
  readonly retention: Retention
  /** What people are not shown of events. */
  readonly redact: Redaction
  /** Null where nobody is told of what happens. */
  readonly alerts: AlertSettings | null
  /** What this source subscribes to, should it do so, for all sources of its app: enabled routes name it. Each once. */
  approvals(source: string): readonly WantedApproval[]
}
