import type { SpanAttributes, SpanStart, Tracer } from '../src/core/trace.ts'

export interface RecordedSpan extends SpanStart {
  readonly traceparent: string
  /** What it ended with; undefined while it has not. */
  end: { readonly attributes: SpanAttributes; readonly error: string | undefined } | undefined
}

/** Keeps its spans, in the order in which they were started. */
export function recordingTracer(): Tracer & { readonly spans: readonly RecordedSpan[] } {
  const spans: RecordedSpan[] = []
  return {
    spans,
    start(begun) {
      const span: RecordedSpan = { ...begun, traceparent: `span ${spans.length}`, end: undefined }
      spans.push(span)
      return {
        traceparent: span.traceparent,
        end(attributes, error) {
          if (span.end) throw new Error(`${span.name} has ended before`)
          span.end = { attributes, error }
        },
      }
    },
  }
}
