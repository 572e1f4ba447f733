import { Kafka, logLevel } from 'kafkajs'
import { vi } from 'vitest'
import type { KafkaBroker } from '../kafka-broker.ts'
import type { Arrivals } from './harness.ts'

const client = ({ address }: KafkaBroker) =>
  new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })

export async function createTopic(broker: KafkaBroker, topic: string): Promise<void> {
  const admin = client(broker).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
  // A leader is named a moment before it takes requests.
  await vi.waitFor(() => admin.fetchTopicOffsets(topic), { timeout: 10_000 })
  await admin.disconnect()
}

/** Reads a topic from its beginning, and on. */
export async function followTopic(
  broker: KafkaBroker,
  topic: string,
): Promise<Arrivals & AsyncDisposable> {
  const taken = new Map<string, number>()
  const consumer = client(broker).consumer({ groupId: crypto.randomUUID(), maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    async eachMessage({ message }) {
      const { uuid } = JSON.parse(String(message.value))
      taken.set(uuid, (taken.get(uuid) ?? 0) + 1)
    },
  })
  return { taken, [Symbol.asyncDispose]: () => consumer.disconnect() }
}
