import * as T from '@sinclair/typebox'
import type { Event } from '../core/event.ts'
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
}

/** An event's attributes; its `data` is `dataText`. */
export function cloudEventOf(event: Event): CloudEvent {
  const instance = instanceCode(event)
  return {
    specversion: '1.0',
    id: event.id,
    source: `/feishu/${pathSegment(event.tenantKey)}/${pathSegment(event.appId)}`,
    type: `cn.feishu.${event.type}`,
    ...(instance && { subject: instance }),
    time: new Date(event.time).toISOString(),
    datacontenttype: 'application/json',
    partitionkey: partitionKey(event),
  }
}

/** Structured mode: the envelope with its data, as JSON. */
export function structuredCloudEvent(event: Event): string {
  const attributes = JSON.stringify(cloudEventOf(event))
  return `${attributes.slice(0, -1)},"data":${dataText(event)}}`
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
