export type { ConnectionStatus } from './core/connections.ts'
export {
  ConfigError,
  DeliveryError,
  type DeliveryFailure,
  type Problem,
  RejectedError,
} from './core/errors.ts'
export type { Event, Json, JsonObject } from './core/event.ts'
export { compileFilter } from './core/filter/compile.ts'
export type { Happening, Observer } from './core/happening.ts'
export type { Ledger } from './core/ledger.ts'
export type { Outbox } from './core/outbox.ts'
export type { LiveSink, LiveSource, Plan, RetryPolicy, SinkSettings } from './core/plan.ts'
export {
  type Callback,
  type DeliveryContext,
  type Destination,
  defineSink,
  defineSource,
  type OptionsOf,
  type OptionsSchema,
  type Receipt,
  type Received,
  type Sink,
  type SinkType,
  type Source,
  type SourceEvent,
  type SourceType,
  type Subscription,
  type Take,
  type WantedApproval,
} from './core/plugin.ts'
export type {
  Crypto,
  Egress,
  FetchInit,
  FetchResponse,
  Log,
  Runtime,
  TlsIdentity,
  TlsOptions,
} from './core/runtime.ts'
export type { Store } from './core/store.ts'
export type { Span, SpanAttributes, SpanStart, Tracer } from './core/trace.ts'
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
