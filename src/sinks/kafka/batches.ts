import { DeliveryError } from '../../core/errors.ts'
import { kafkaFailure } from './failure.ts'
import { bytesOf, type KafkaMessage } from './message.ts'

/** Half of a broker's default limit of 1 MiB a batch. A topic that takes less teaches its own. */
const MAX_BATCH_BYTES = 512 * 1024
const MAX_BATCH_COUNT = 1000

/** The messages for one topic, sent batch after batch: a batch fills while the one before it is in flight. */
export interface Batches {
  /** Resolves when the brokers have this message; rejects with a DeliveryError. */
  send(message: KafkaMessage, signal: AbortSignal): Promise<void>
  /** Resolves when nothing is waiting or in flight. */
  flush(): Promise<void>
  /** Rejects all that is waiting or in flight; what is in flight may arrive all the same. */
  giveUp(error: Error): void
}

interface Entry {
  readonly message: KafkaMessage
  readonly bytes: number
  resolve(): void
  reject(error: Error): void
}

interface State {
  readonly topic: string
  readonly send: (messages: KafkaMessage[]) => Promise<void>
  readonly waiting: Entry[]
  /** Those whose promise is not settled yet. */
  readonly pending: Set<Entry>
  maxBytes: number
  running: Promise<void> | undefined
}

/** `send` is never called before its last call has settled: kafkajs numbers messages per producer and topic. */
export function createBatches(topic: string, send: State['send']): Batches {
  const state: State = {
    topic,
    send,
    waiting: [],
    pending: new Set(),
    maxBytes: MAX_BATCH_BYTES,
    running: undefined,
  }
  return {
    send: (message, signal) => enqueue(state, message, signal),
    flush: async () => state.running,
    giveUp(error) {
      for (const entry of state.pending) entry.reject(error)
    },
  }
}

function enqueue(state: State, message: KafkaMessage, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const entry: Entry = {
    message,
    bytes: bytesOf(message),
    resolve() {
      state.pending.delete(entry)
      resolve()
    },
    reject(error) {
      state.pending.delete(entry)
      reject(error)
    },
  }
  state.pending.add(entry)
  const late = () =>
    entry.reject(new DeliveryError('Kafka did not acknowledge the message in time'))
  if (signal.aborted) late()
  else signal.addEventListener('abort', late, { once: true })
  state.waiting.push(entry)
  state.running ??= run(state)
  return promise
}

async function run(state: State): Promise<void> {
  // One turn later, so that what is delivered in the same turn shares the first batch.
  await undefined
  while (state.waiting.length > 0) await settle(state, takeBatch(state))
  state.running = undefined
}

/** Takes what fits, and at least one. */
function takeBatch({ waiting, maxBytes }: State): Entry[] {
  let count = 0
  let total = 0
  for (const { bytes } of waiting) {
    total += bytes
    if (count > 0 && (total > maxBytes || count === MAX_BATCH_COUNT)) break
    count += 1
  }
  return waiting.splice(0, count)
}

/**
 * A permanent failure is believed only of a message that was sent alone, so that one bad message costs the others
 * no event, and of a topic only when it fails twice: kafkajs may have met another topic's error the first time.
 * A batch is refused partition by partition: what others of its partitions have taken is sent again, and comes twice.
 */
async function settle(state: State, batch: readonly Entry[], again = false): Promise<void> {
  // What has been given up will be delivered anew.
  const entries = batch.filter((entry) => state.pending.has(entry))
  if (entries.length === 0) return
  try {
    await state.send(entries.map(({ message }) => message))
    for (const entry of entries) entry.resolve()
  } catch (thrown) {
    const { of, error } = kafkaFailure(thrown, state.topic)
    if (of === 'size' && entries.length > 1) {
      shrink(state, entries)
    } else if (of === 'message' && entries.length > 1) {
      const middle = Math.ceil(entries.length / 2)
      await settle(state, entries.slice(0, middle))
      await settle(state, entries.slice(middle))
    } else if (of === 'topic' && !again) {
      await settle(state, entries, true)
    } else {
      for (const entry of entries) entry.reject(error)
    }
  }
}

/**
 * From now on batches are half as large as this one, which goes back to the head of the queue. Half of what was
 * refused is never much less than half of what the topic takes, so the limit needs no floor; nor does it grow again,
 * for it costs little.
 */
function shrink(state: State, refused: readonly Entry[]): void {
  state.maxBytes = refused.reduce((total, { bytes }) => total + bytes, 0) / 2
  state.waiting.unshift(...refused)
}
