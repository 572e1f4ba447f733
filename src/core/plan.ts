import type { Event } from './event.ts'
import type { Sink, Source } from './plugin.ts'

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
  /** Keeps what is owed. */
  readonly paused: boolean
}

export interface LiveSource {
  readonly name: string
  /** Where it receives its callbacks, e.g. `/webhook/event`. */
  readonly path: string
  accepts(eventType: string): boolean
  readonly source: Source
}

export interface LiveSink {
  readonly name: string
  readonly settings: SinkSettings
  readonly sink: Sink
  /** Two sinks of one name with equal fingerprints are the same sink, which a reload leaves untouched. */
  readonly fingerprint: string
  /** A text without the sink's secrets, for what its plug or its receiver says. */
  conceal(text: string): string
}

/** Everything that routes.yaml says, alive. */
export interface Plan {
  readonly sources: readonly LiveSource[]
  readonly sinks: ReadonlyMap<string, LiveSink>
  /** Names of the sinks that are owed this event, each once, in the order of the file. */
  route(event: Event): readonly string[]
  /** What is wrong with an event by its type's schema; empty when in order or when the type has no schema. */
  check(event: Event): readonly string[]
}
