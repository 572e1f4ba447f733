import type { Event } from './event.ts'
import type { Sink, Source, WantedApproval } from './plugin.ts'

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

export interface LiveSource {
  readonly name: string
  /** Where it receives its callbacks, e.g. `/webhook/event`; undefined of one that connects by itself. */
  readonly path: string | undefined
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

/** What routes.yaml says of events. Nothing need be open for it. */
export interface Routing {
  /** Names of the routes that are enabled, in the order of the file. */
  readonly routes: readonly string[]
  readonly sinks: ReadonlyMap<string, { readonly settings: SinkSettings }>
  /** Names of the sinks that are owed this event, each once, in the order of the file; by one route alone if named. */
  route(event: Event, only?: string): readonly string[]
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
  /** What this source subscribes to, should it do so, for all sources of its app: enabled routes name it. Each once. */
  approvals(source: string): readonly WantedApproval[]
}
