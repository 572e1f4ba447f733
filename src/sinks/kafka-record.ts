import * as T from '@sinclair/typebox'
import type { Event } from '../core/event.ts'
import type { Sink } from '../core/plugin.ts'
import { bodyOf, cloudEventOf, type Format, partitionKey } from './format.ts'
import { type Content, openData } from './transform.ts'

/** What Kafka keeps of an event, by whatever way it gets there. All texts are UTF-8. */
export interface KafkaRecord {
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

export const topicOption = T.String({
  pattern: '^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}$',
  examples: ['approvals.cc'],
  description: 'The topic, which must exist: it is never created.',
})

/** The record that stands for an event: its key makes events of one approval instance go to one partition. */
function recordOf(event: Event, format: Format, data?: string, traceparent?: string): KafkaRecord {
  return {
    key: partitionKey(event),
    value: bodyOf(event, format, data, traceparent),
    headers: { ...headersOf(event, format, traceparent), ...(traceparent && { traceparent }) },
  }
}

/** What traces say of whoever writes such records. */
export function spanOf(topic: string): NonNullable<Sink['span']> {
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
  }
  return { kind: 'producer', attributes }
}

/** How events become records. */
export async function openRecords(
  content: Content & { readonly format: Format },
): Promise<(event: Event, traceparent?: string) => KafkaRecord | Promise<KafkaRecord>> {
  const { format, transform } = content
  if (transform === undefined) {
    return (event, traceparent) => recordOf(event, format, undefined, traceparent)
  }
  const dataOf = await openData(content)
  return async (event, traceparent) => recordOf(event, format, await dataOf(event), traceparent)
}

function headersOf(
  event: Event,
  format: Format,
  traceparent: string | undefined,
): KafkaRecord['headers'] {
  switch (format) {
    case 'feishu':
    case 'data':
      return eventHeaders(event)
    case 'cloudevents':
      return { 'content-type': 'application/cloudevents+json; charset=UTF-8' }
    case 'cloudevents-binary':
      return cloudEventHeaders(event, traceparent)
  }
}

function eventHeaders({ id, type }: Event): Record<string, string> {
  return { event_id: id, event_type: type }
}

/** Kafka protocol binding for CloudEvents 1.0, section 3.2: unlike over HTTP, values are plain UTF-8. */
function cloudEventHeaders(event: Event, traceparent: string | undefined): Record<string, string> {
  const { datacontenttype, ...attributes } = cloudEventOf(event, traceparent)
  const prefixed = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value])
  return { 'content-type': datacontenttype, ...Object.fromEntries(prefixed) }
}
