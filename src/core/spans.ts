import { RejectedError } from './errors.ts'
import type { Event } from './event.ts'
import type { EventResult } from './happening.ts'
import type { AttemptResult } from './lane/attempt.ts'
import type { Accepted, ClaimedDelivery } from './outbox.ts'
import type { LiveSink, LiveSource } from './plan.ts'
import type { Span, SpanAttributes, Tracer } from './trace.ts'

// The three spans of an event. Names of attributes: https://opentelemetry.io/docs/specs/semconv/ (http, messaging),
// and `lark_fanout.` before our own.

/** One callback, to its answer; part of what its sender says it is part of. */
export function traceCallback(
  tracer: Tracer | undefined,
  { name, path }: LiveSource,
  parent: string | undefined,
): Span | undefined {
  if (!tracer) return undefined
  const own = { 'lark_fanout.source': name }
  if (path === undefined) {
    return tracer.start({ name: `receive ${name}`, kind: 'consumer', parent, attributes: own })
  }
  const attributes = { ...own, 'http.request.method': 'POST', 'http.route': path }
  return tracer.start({ name: `POST ${path}`, kind: 'server', parent, attributes })
}

export function endCallback(
  span: Span | undefined,
  source: LiveSource,
  result: EventResult | 'handshake',
  event?: Pick<Event, 'id' | 'type'>,
): void {
  if (!span) return
  const what = { 'lark_fanout.result': result, ...(event && eventAttributes(event)) }
  span.end({ ...what, ...statusOver(source, 200) })
}

/** Whoever is not genuine, or sends what cannot be read, has failed; that is no failure of the gateway's. */
export function failCallback(span: Span | undefined, source: LiveSource, error: unknown): void {
  if (!span) return
  const status = error instanceof RejectedError ? error.status : 500
  const rejected = { 'lark_fanout.result': 'rejected', ...statusOver(source, status) }
  if (status < 500) span.end(rejected)
  else span.end({ ...rejected, 'error.type': String(status) }, reasonOf(error))
}

/** What a stranger is told, too: of anything else nobody knows what is in it. */
function reasonOf(error: unknown): string {
  return error instanceof RejectedError ? error.message : 'failed unexpectedly: the log says why'
}

/** The status of the answer, for a source that is asked over HTTP. */
function statusOver({ path }: LiveSource, status: number): SpanAttributes {
  return path === undefined ? {} : { 'http.response.status_code': status }
}

/** Until the event is stored. Its deliveries are part of it, whenever and wherever they are made. */
export function traceAccept(
  tracer: Tracer | undefined,
  event: Event,
  owed: number,
  parent: Span | undefined,
): Span | undefined {
  if (!tracer) return undefined
  const attributes = { ...eventAttributes(event), 'lark_fanout.deliveries': owed }
  const name = `accept ${event.type}`.trimEnd()
  return tracer.start({ name, kind: 'producer', parent: parent?.traceparent, attributes })
}

export async function endAccept(
  span: Span | undefined,
  accepting: Promise<Accepted>,
): Promise<Accepted> {
  try {
    const accepted = await accepting
    span?.end({ 'lark_fanout.duplicate': accepted.duplicate })
    return accepted
  } catch (error) {
    span?.end({ 'error.type': '_OTHER' }, reasonOf(error))
    throw error
  }
}

/** One attempt, with its quick tries. */
export function traceAttempt(
  tracer: Tracer | undefined,
  { name, type, sink, conceal }: LiveSink,
  { id, attempt, event }: ClaimedDelivery,
): Span | undefined {
  if (!tracer) return undefined
  const { kind = 'client', attributes = {} } = sink.span ?? {}
  // Where it goes may come from the environment.
  const shown = Object.entries(attributes).map(([key, value]) => [
    key,
    typeof value === 'string' ? conceal(value) : value,
  ])
  return tracer.start({
    name: `deliver ${name}`,
    kind,
    parent: event.trace,
    attributes: {
      ...Object.fromEntries(shown),
      ...eventAttributes(event),
      'lark_fanout.sink': name,
      'lark_fanout.sink.type': type,
      'lark_fanout.delivery.id': id,
      'lark_fanout.attempt': attempt,
    },
  })
}

export function endAttempt(
  span: Span | undefined,
  { sink }: LiveSink,
  result: AttemptResult,
  tries: number,
): void {
  if (!span) return
  const status = result.ok ? result.status : (result.failure.status ?? null)
  const isHttp = sink.span?.attributes?.['http.request.method'] !== undefined
  const attributes: SpanAttributes = {
    'lark_fanout.tries': tries,
    ...(isHttp && status !== null && { 'http.response.status_code': status }),
    ...(!result.ok && { 'error.type': status === null ? '_OTHER' : String(status) }),
  }
  span.end(attributes, result.ok ? undefined : result.message)
}

function eventAttributes({ id, type }: Pick<Event, 'id' | 'type'>): SpanAttributes {
  return { 'messaging.message.id': id, 'lark_fanout.event.type': type }
}
