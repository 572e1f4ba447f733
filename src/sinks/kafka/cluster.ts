import { Kafka, type logCreator, logLevel } from 'kafkajs'
import { DeliveryError } from '../../core/errors.ts'
import type { Egress, Log } from '../../core/runtime.ts'
import { within } from '../../core/within.ts'
import { type Batches, createBatches } from './batches.ts'
import { type Connection, type ConnectionSettings, openConnection } from './connection.ts'
import { type KafkaAccess, kafkaConfigOf } from './options.ts'
import { probeTopic } from './probe.ts'
import { socketFactory } from './socket.ts'

export interface ClusterSettings extends ConnectionSettings {
  /** Which brokers may be connected to. */
  readonly egress: Egress
  /** How often kafkajs tries a send again by itself, so that the broker knows the batch by its sequence numbers. */
  readonly retries: number
  /** How long `close` waits for the brokers to take what is left. */
  readonly closeMs: number
}

/** A sink's share of a cluster's one producer. */
export interface ClusterShare {
  readonly batches: Batches
  /** Asks the brokers for the topic: resolves with what they say of it. */
  probe(): Promise<string>
  /** Sends what is waiting; the last one to close rejects what the brokers have not taken by then, and disconnects. */
  close(): Promise<void>
}

interface Cluster {
  readonly connection: Connection
  readonly topics: Map<string, Batches>
  users: number
}

/** Each gateway of this process has egress rules of its own, and so clusters of its own. */
const clustersOf = new WeakMap<Egress, Map<string, Cluster>>()

/** Sinks with equal access and compression share one producer, and those with the same topic its batches. */
export function shareCluster(
  access: KafkaAccess,
  topic: string,
  settings: ClusterSettings,
): ClusterShare {
  const clusters = clustersOf.get(settings.egress) ?? new Map<string, Cluster>()
  clustersOf.set(settings.egress, clusters)
  const key = JSON.stringify([access, settings.compression])
  const cluster = clusters.get(key) ?? openCluster(access, settings)
  clusters.set(key, cluster)
  cluster.users += 1
  const batches =
    cluster.topics.get(topic) ??
    createBatches(topic, (messages) => cluster.connection.send(topic, messages))
  cluster.topics.set(topic, batches)
  return {
    batches,
    // Someone waits for the answer: brokers that do not take the second try are to be told of.
    probe: () => probeTopic(createClient(access, { ...settings, retries: 1 }), topic),
    async close() {
      await within(settings.closeMs, batches.flush, tooLate).catch(() => undefined)
      cluster.users -= 1
      if (cluster.users > 0) return
      clusters.delete(key)
      for (const left of cluster.topics.values()) left.giveUp(tooLate())
      await cluster.connection.close()
    },
  }
}

function tooLate(): DeliveryError {
  return new DeliveryError('the sink was closed before Kafka acknowledged the message')
}

function openCluster(access: KafkaAccess, settings: ClusterSettings): Cluster {
  const connection = openConnection(createClient(access, settings), settings)
  return { connection, topics: new Map(), users: 0 }
}

function createClient(access: KafkaAccess, settings: ClusterSettings): Kafka {
  return new Kafka({
    ...kafkaConfigOf(access),
    socketFactory: socketFactory(settings.egress),
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    // Waits of 0.1 to 2 s: 7 retries last 7 s, long enough for a new leader, shorter than a sink's usual timeout.
    retry: { retries: settings.retries, initialRetryTime: 100, maxRetryTime: 2000 },
    logLevel: logLevel.ERROR,
    logCreator: logTo(settings.log),
  })
}

/** Only fields that are known to hold no secret. What fails for good reaches people with its delivery. */
function logTo(log: Log): logCreator {
  return () =>
    ({ log: { message, broker, error, retryCount } }) =>
      log.debug({ broker, error, retryCount }, `kafka: ${message}`)
}
