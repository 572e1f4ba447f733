import type { Admin, Kafka } from 'kafkajs'
import { kafkaFailure } from './failure.ts'

/** Logs in and looks at the topic, which it never creates. Rejects with a DeliveryError, as a delivery would. */
export async function probeTopic(client: Kafka, topic: string): Promise<string> {
  const admin = client.admin()
  try {
    await admin.connect()
    return `topic ${topic}: ${await countPartitions(admin, topic)}`
  } catch (thrown) {
    throw kafkaFailure(thrown, topic).error
  } finally {
    await admin.disconnect()
  }
}

async function countPartitions(admin: Admin, topic: string): Promise<string> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const count = topics[0]?.partitions.length ?? 0
  return `${count} partition${count === 1 ? '' : 's'}`
}
