import type { Message } from 'kafkajs'

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
