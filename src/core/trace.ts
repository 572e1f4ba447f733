/** Makes spans: pieces of work that traces are made of. A host without one traces nothing. */
export interface Tracer {
  start(span: SpanStart): Span
}

export interface SpanStart {
  readonly name: string
  /** What a receiver of requests or of messages does, and what whoever sends them does. */
  readonly kind: 'server' | 'consumer' | 'client' | 'producer'
  /** The `traceparent` of what it is part of; without one, or where that is none, it begins a trace. */
  readonly parent: string | undefined
  readonly attributes: SpanAttributes
}

/** No secret is in them, and nothing of an event but its id and its type. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  /** Its name to others: https://www.w3.org/TR/trace-context/#traceparent-header */
  readonly traceparent: string
  /** Called once, at its end; `error` where it has failed. */
  end(attributes: SpanAttributes, error?: string): void
}
