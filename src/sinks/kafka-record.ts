import * as T from '@sinclair/typebox'
import type { Event } from '../core/event.ts'
import {
  cloudEventOf,
  dataText,
  type Format,
  partitionKey,
  structuredCloudEvent,
} from './format.ts'

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
export function recordOf(event: Event, format: Format): KafkaRecord {
  return { key: partitionKey(event), ...contentOf(event, format) }
}

function contentOf(event: Event, format: Format): Omit<KafkaRecord, 'key'> {
  switch (format) {
    case 'feishu':
      return { value: event.raw, headers: eventHeaders(event) }
    case 'data':
      return { value: dataText(event), headers: eventHeaders(event) }
    case 'cloudevents':
      return {
        value: structuredCloudEvent(event),
        headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
      }
    case 'cloudevents-binary':
      return { value: dataText(event), headers: cloudEventHeaders(event) }
  }
}

function eventHeaders({ id, type }: Event): Record<string, string> {
  return { event_id: id, event_type: type }
}

/** Kafka protocol binding for CloudEvents 1.0, section 3.2: unlike over HTTP, values are plain UTF-8. */
function cloudEventHeaders(event: Event): Record<string, string> {
  const { datacontenttype, ...attributes } = cloudEventOf(event)
  const prefixed = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value])
  return { 'content-type': datacontenttype, ...Object.fromEntries(prefixed) }
}
