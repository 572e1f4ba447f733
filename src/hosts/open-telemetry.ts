import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { ExportResultCode, parseTraceParent } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { messageOf } from '../core/errors.ts'
import type { Log } from '../core/runtime.ts'
import type { Span, SpanStart } from '../core/trace.ts'
import { within } from '../core/within.ts'
import type { Tracing } from './tracing.ts'
import type { Sampling, TracingSettings } from './tracing-settings.ts'

/** An id may be as long as its sender likes. */
const MAX_VALUE = 1000

/** Within the ten seconds that hosts give a process to end: an exporter that is away would try on for as long. */
const CLOSE_MS = 3000

/** Traces by OpenTelemetry's own packages. Nothing waits for an export but `close`. */
export function openTelemetry(settings: TracingSettings, log: Log): Required<Tracing> {
  const { exporters, url, headers, sampler, resource } = settings
  const opened = exporters.map((name): SpanExporter => {
    if (name === 'console') return new ConsoleSpanExporter()
    return watched(new OTLPTraceExporter({ url, headers: { ...headers } }), log)
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.instance.id': randomUUID(),
      'host.name': hostname(),
      ...resource,
    }),
    sampler: samplerOf(sampler),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE },
    spanProcessors: opened.map((exporter) => new BatchSpanProcessor({ exporter })),
  })
  const tracer = provider.getTracer('lark-fanout')
  log.info({ exporters }, 'traces are made')
  return {
    tracer: {
      start: ({ name, kind, parent, attributes }) =>
        spanOf(tracer.startSpan(name, { kind: KINDS[kind], attributes }, contextOf(parent))),
    },
    async close() {
      const late = () => new Error(`no answer within ${CLOSE_MS} ms`)
      // That an export has failed is told by `watched`.
      const shutdown = () => provider.shutdown().catch(() => {})
      await within(CLOSE_MS, shutdown, late).catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, 'the last traces were not exported')
      })
    },
  }
}

const KINDS: Readonly<Record<SpanStart['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
}

function contextOf(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent)
  return parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT
}

function spanOf(span: ReturnType<ReturnType<TracerProvider['getTracer']>['startSpan']>): Span {
  const { traceId, spanId, traceFlags } = span.spanContext()
  const flags = (traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    end(attributes, error) {
      span.setAttributes(attributes)
      if (error !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.slice(0, MAX_VALUE) })
      }
      span.end()
    },
  }
}

function samplerOf({ ratio, parentBased }: Sampling): Sampler {
  const root = new TraceIdRatioBasedSampler(ratio)
  return parentBased ? new ParentBasedSampler({ root }) : root
}

/** Says once that an export fails, and once that it works again: whoever exports tries on for seconds by itself. */
function watched(exporter: SpanExporter, log: Log): SpanExporter {
  let lost = 0
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const isFailed = result.code === ExportResultCode.FAILED
        if (isFailed && lost === 0)
          log.warn({ error: messageOf(result.error) }, 'traces cannot be exported, and are lost')
        if (!isFailed && lost > 0) log.info({ lost }, 'traces are exported again')
        lost = isFailed ? lost + spans.length : 0
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}
