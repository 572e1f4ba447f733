import { DeliveryError } from '../../core/errors.ts'
import { kafkaFailure } from './failure.ts'
import type { KafkaMessage } from './message.ts'

/** Small enough for a broker's default limit of 1 MiB a batch, so that only a message too large by itself is refused. */
const MAX_BATCH_BYTES = 512 * 1024
const MAX_BATCH_COUNT = 1000

/** The messages for one topic, sent batch after batch: a batch fills while the one before it is in flight. */
export interface Batches {
  /** Resolves when the brokers have this message; rejects with a DeliveryError. */
  send(message: KafkaMessage, signal: AbortSignal): Promise<void>
  /** Resolves when nothing is waiting or in flight. */
  flush(): Promise<void>
}

interface Entry {
  readonly message: KafkaMessage
  readonly signal: AbortSignal
  resolve(): void
  reject(error: Error): void
}

interface State {
  readonly topic: string
  readonly send: (messages: KafkaMessage[]) => Promise<void>
  readonly waiting: Entry[]
  running: Promise<void> | undefined
}

/** `send` is never called before its last call has settled: kafkajs numbers messages per producer and topic. */
export function createBatches(topic: string, send: State['send']): Batches {
  const state: State = { topic, send, waiting: [], running: undefined }
  return {
    send: (message, signal) => enqueue(state, message, signal),
    flush: async () => state.running,
  }
}

function enqueue(state: State, message: KafkaMessage, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const giveUp = () => reject(new DeliveryError('Kafka did not acknowledge the message in time'))
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp, { once: true })
  state.waiting.push({ message, signal, resolve, reject })
  state.running ??= run(state)
  return promise
}

async function run(state: State): Promise<void> {
  // One turn later, so that what is delivered in the same turn shares the first batch.
  await undefined
  while (state.waiting.length > 0) await settle(state, takeBatch(state.waiting))
  state.running = undefined
}

/** Takes what fits, and at least one. */
function takeBatch(waiting: Entry[]): Entry[] {
  let count = 0
  let bytes = 0
  for (const { message } of waiting) {
    bytes += Buffer.byteLength(message.value)
    if (count > 0 && (bytes > MAX_BATCH_BYTES || count === MAX_BATCH_COUNT)) break
    count += 1
  }
  return waiting.splice(0, count)
}

/**
 * A permanent failure is believed only of a message that was sent alone, so that one bad message costs the others
 * no event (those on other partitions may come twice), and of a topic only when it fails twice: kafkajs may have met
 * another topic's error the first time.
 */
async function settle(state: State, batch: readonly Entry[], again = false): Promise<void> {
  // What has been given up will be delivered anew.
  const entries = batch.filter(({ signal }) => !signal.aborted)
  if (entries.length === 0) return
  try {
    await state.send(entries.map(({ message }) => message))
    for (const entry of entries) entry.resolve()
  } catch (thrown) {
    const { of, error } = kafkaFailure(thrown, state.topic)
    if (of === 'message' && entries.length > 1) {
      for (const entry of entries) await settle(state, [entry])
    } else if (of === 'topic' && !again) {
      await settle(state, entries, true)
    } else {
      for (const entry of entries) entry.reject(error)
    }
  }
}
