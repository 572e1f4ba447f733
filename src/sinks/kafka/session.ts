import { CompressionTypes, type Kafka, Partitioners, type Producer } from 'kafkajs'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/runtime.ts'
import { kafkaErrorType } from './failure.ts'
import type { KafkaMessage } from './message.ts'

export interface SessionSettings {
  readonly log: Log
  readonly compression: 'none' | 'gzip'
}

/** One connected producer, with one producer id. */
export interface Session {
  /**
   * Rejects when the topic cannot be written to. To be called before its first `send`: kafkajs reads the metadata of
   * all its topics at once, so that one missing topic would fail the sends to every other.
   */
  lookUp(topic: string): Promise<void>
  /**
   * Resolves when all in-sync replicas have the messages. **After a rejection the session must not be used again.**
   * kafkajs then counts the batch's sequence numbers back although the brokers may have stored it; they would take
   * the next batch of that size for a repetition, acknowledge it and drop it.
   */
  send(topic: string, messages: KafkaMessage[]): Promise<void>
  close(): Promise<void>
}

export function createSession(client: Kafka, { log, compression }: SessionSettings): Session {
  const seen = new Set<string>()
  let producer: Promise<Producer> | undefined
  return {
    async lookUp(topic) {
      if (seen.has(topic)) return
      await readMetadata(client, topic)
      seen.add(topic)
    },
    async send(topic, messages) {
      producer ??= connect(client, log)
      await (await producer).send({ topic, messages, acks: -1, compression: CODECS[compression] })
    },
    async close() {
      await disconnect(await producer?.catch(() => undefined), log)
    },
  }
}

const CODECS = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }

async function readMetadata(client: Kafka, topic: string): Promise<void> {
  const admin = client.admin()
  try {
    await admin.connect()
    await admin.fetchTopicMetadata({ topics: [topic] })
  } finally {
    await admin.disconnect()
  }
}

/** Idempotent where the brokers offer it, asked anew at each connection: else a lost answer may store a batch twice. */
async function connect(client: Kafka, log: Log): Promise<Producer> {
  try {
    return await connectProducer(client, true, log)
  } catch (thrown) {
    if (!refusesIdempotence(thrown)) throw thrown
    log.warn(
      { reason: messageOf(thrown) },
      'kafka: no idempotent producer here, retries may repeat',
    )
    return connectProducer(client, false, log)
  }
}

async function connectProducer(client: Kafka, idempotent: boolean, log: Log): Promise<Producer> {
  const producer = client.producer({
    idempotent,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  try {
    await producer.connect()
    log.debug({ idempotent }, 'kafka: connected')
    return producer
  } catch (thrown) {
    await disconnect(producer, log)
    throw thrown
  }
}

/** The brokers are too old, forbid it to this user, or have no controller (as some compatible servers). */
function refusesIdempotence(thrown: unknown): boolean {
  const refusals = ['UNSUPPORTED_VERSION', 'CLUSTER_AUTHORIZATION_FAILED']
  const names = ['KafkaJSServerDoesNotSupportApiKey', 'KafkaJSBrokerNotFound']
  return (
    refusals.includes(kafkaErrorType(thrown)) ||
    (thrown instanceof Error && names.includes(thrown.name))
  )
}

async function disconnect(producer: Producer | undefined, log: Log): Promise<void> {
  try {
    await producer?.disconnect()
    log.debug({}, 'kafka: disconnected')
  } catch (thrown) {
    log.warn({ reason: messageOf(thrown) }, 'kafka: could not disconnect')
  }
}
