import * as T from '@sinclair/typebox'
import type { Event } from '../core/event.ts'
import { isOwn, OWN } from '../core/own-events.ts'
import { setToken } from '../feishu/token.ts'
import { memberText } from './member-text.ts'

export type Format = T.Static<typeof formatOption>

export const formatOption = T.Union(
  [
    T.Literal('feishu'),
    T.Literal('cloudevents'),
    T.Literal('cloudevents-binary'),
    T.Literal('data'),
  ],
  {
    default: 'feishu',
    description:
      "What the receiver gets: feishu, the callback as Feishu sent it; cloudevents, a CloudEvents 1.0 JSON envelope; cloudevents-binary, the same with its attributes in headers; data, the callback's event object alone.",
  },
)

/** CloudEvents 1.0 context attributes, all strings; `time` is RFC 3339 in milliseconds. */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly partitionkey: string
  /** The Distributed Tracing extension: of one hop, the same as the transport's own header. */
  readonly traceparent?: string
}

/** An event's attributes; its `data` is `dataText`. */
export function cloudEventOf(event: Event, traceparent?: string): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    ...(isOwn(event) ? originOfOwn(event) : originOf(event)),
    time: new Date(event.time).toISOString(),
    datacontenttype: 'application/json',
    partitionkey: partitionKey(event),
    ...(traceparent !== undefined && { traceparent }),
  }
}

type Origin = Pick<CloudEvent, 'source' | 'type' | 'subject'>

function originOf(event: Event): Origin {
  const instance = instanceCode(event)
  return {
    source: `/feishu/${pathSegment(event.tenantKey)}/${pathSegment(event.appId)}`,
    type: `cn.feishu.${event.type}`,
    ...(instance && { subject: instance }),
  }
}

/** The gateway by its address, where it has one, and the sink or the source that it speaks of. */
function originOfOwn({ type, data: { gateway, sink, source } }: Event): Origin {
  const subject = sink ?? source
  return {
    source: typeof gateway === 'string' ? gateway : `/${OWN}`,
    type,
    ...(typeof subject === 'string' && { subject }),
  }
}

/** Structured mode: the envelope with its data, as JSON. */
export function structuredCloudEvent(
  event: Event,
  data = dataText(event),
  traceparent?: string,
): string {
  const attributes = JSON.stringify(cloudEventOf(event, traceparent))
  return `${attributes.slice(0, -1)},"data":${data}}`
}

/** The text that stands for an event; `data` is JSON text in place of its own, where the format has it. */
export function bodyOf(event: Event, format: Format, data?: string, traceparent?: string): string {
  if (format === 'feishu') return event.raw
  if (format === 'cloudevents') return structuredCloudEvent(event, data, traceparent)
  return data ?? dataText(event)
}

/** The callback's `event` object, to the letter: numbers that JavaScript cannot hold stay as they are. */
export function dataText(event: Event): string {
  const text = memberText(event.raw, 'event')
  return text?.startsWith('{') ? text : '{}'
}

/** Events with the same key belong in order: those of one approval instance. */
export function partitionKey(event: Event): string {
  return instanceCode(event) || event.id
}

/** The callback as Feishu sent it, with the receiver's own verification token in place of the blanked one. */
export function withToken(event: Event, token: string): string {
  return token === '' ? event.raw : setToken(event.raw, token)
}

function instanceCode({ data }: Event): string {
  return typeof data.instance_code === 'string' ? data.instance_code : ''
}

/** `source` is a URI reference, in which not every character may stand. */
function pathSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
