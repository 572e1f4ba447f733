import type { EgressOptions } from '../core/egress/rules.ts'
import type { Problem } from '../core/errors.ts'
import type { JsonObject } from '../core/event.ts'
import type { AlertSettings, Retention, SinkSettings, WrittenSink } from '../core/plan.ts'
import type { WantedApproval } from '../core/plugin.ts'
import type { Word } from './text/expand.ts'

/** A problem whose place in routes.yaml is known. */
export type LocatedProblem = Required<Omit<Problem, 'file'>> & Pick<Problem, 'file'>

/** routes.yaml as plain data: checked, defaulted, variables expanded. Nothing in it is open yet. */
export interface Config {
  readonly sources: readonly SourceConfig[]
  readonly sinks: readonly SinkConfig[]
  /** In the order of the file. */
  readonly routes: readonly RouteConfig[]
  readonly retention: Retention
  readonly egress: EgressOptions
  /** Null where nobody is told of what happens at the gateway. */
  readonly alerts: AlertSettings | null
  /** Schemas of events that take the place of the gateway's own, or stand beside them: by event type. */
  readonly schemas: Readonly<Record<string, JsonObject>>
  /** Names of payload fields whose values people are not shown. */
  readonly redact: readonly string[]
  /** By source: what it subscribes to, should it do so, for all sources of its app. Enabled routes name it; each once. */
  readonly approvals: ReadonlyMap<string, readonly WantedApproval[]>
  /** What is probably not meant, but can be run. */
  readonly warnings: readonly LocatedProblem[]
  /** What no message may show, be it said at load time or later. */
  readonly words: readonly Word[]
  /** The file's text with its secrets hidden, character by character: for the lines that problems show. */
  readonly hiddenText: string
}

export interface SourceConfig {
  readonly name: string
  readonly type: string
  /** Where it receives its callbacks, e.g. `/webhook/event`; undefined of one that connects by itself. */
  readonly path: string | undefined
  /** Accepted event types. */
  readonly events: readonly string[] | '*'
  /** What its type alone understands. */
  readonly options: JsonObject
  /** A digest: equal if and only if type and options are equal. */
  readonly fingerprint: string
}

export interface SinkConfig {
  readonly name: string
  readonly type: string
  readonly settings: SinkSettings
  /** What its type alone understands. */
  readonly options: JsonObject
  /** A digest: equal if and only if type, settings and options are equal. */
  readonly fingerprint: string
  /** For people to read. */
  readonly shown?: WrittenSink
}

export interface RouteConfig {
  readonly name: string
  /** Names of the sources whose events it takes; undefined for all. */
  readonly from: readonly string[] | undefined
  /** An event pattern; undefined matches every event. */
  readonly match: JsonObject | undefined
  /** Names of sinks. */
  readonly to: readonly string[]
  readonly enabled: boolean
  /** Where it stands. */
  readonly place?: { readonly file: string; readonly line: number }
}
