import type { Message } from 'kafkajs'
import type { Event } from '../../core/event.ts'
import {
  cloudEventOf,
  dataText,
  type Format,
  partitionKey,
  structuredCloudEvent,
} from '../format.ts'

export interface KafkaMessage extends Message {
  readonly key?: string
  readonly value: string
  readonly headers?: Record<string, string>
}

/** How many bytes it brings, but for the few of Kafka's own framing. */
export function bytesOf({ key = '', value, headers = {} }: KafkaMessage): number {
  const texts = [key, value, ...Object.entries(headers).flat()]
  return texts.reduce((total, text) => total + Buffer.byteLength(text), 0)
}

/** The record that stands for an event: its key makes events of one approval instance go to one partition. */
export function messageOf(event: Event, format: Format): KafkaMessage {
  return { key: partitionKey(event), ...contentOf(event, format) }
}

function contentOf(
  event: Event,
  format: Format,
): { value: string; headers: Record<string, string> } {
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
