import { EGRESS_REFUSED } from '../../core/egress/rules.ts'
import { DeliveryError, messageOf } from '../../core/errors.ts'

/** Why a send failed, and whose fault it was: this decides what becomes of the batch's other messages. */
export interface KafkaFailure {
  /**
   * `size`, which may be the batch's, `message` and `topic` are permanent; anything else may pass, and is tried again.
   */
  readonly of: 'size' | 'message' | 'topic' | 'brokers'
  readonly error: DeliveryError
}

/** Kafka's names of the errors after which no later attempt can succeed. */
const PERMANENT = new Map<string, 'size' | 'message' | 'topic'>([
  ['MESSAGE_TOO_LARGE', 'size'],
  ['RECORD_LIST_TOO_LARGE', 'size'],
  ['INVALID_RECORD', 'message'],
  ['INVALID_TOPIC_EXCEPTION', 'topic'],
  ['TOPIC_AUTHORIZATION_FAILED', 'topic'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'topic'],
])

/**
 * A topic that does not exist is not permanent: it may be created any moment, and then gets what it is owed.
 * Nor is a refused login: a password that is being changed must not cost events.
 */
export function kafkaFailure(thrown: unknown, topic: string): KafkaFailure {
  if (thrown instanceof DeliveryError) return { of: 'brokers', error: thrown }
  const refusal = egressRefusal(thrown)
  if (refusal) return { of: 'brokers', error: refusal }
  const type = kafkaErrorType(thrown)
  const of = PERMANENT.get(type) ?? 'brokers'
  const error = new DeliveryError(explain(type, topic) ?? messageOf(thrown), {
    permanent: of !== 'brokers',
    // What a broker itself says has a type.
    unreachable: type === '',
    cause: thrown,
  })
  return { of, error }
}

/** Kafka's own name of an error, e.g. MESSAGE_TOO_LARGE: kafkajs wraps it in others. Empty where there is none. */
export function kafkaErrorType(thrown: unknown): string {
  if (!(thrown instanceof Error)) return ''
  if ('type' in thrown && typeof thrown.type === 'string') return thrown.type
  return kafkaErrorType(thrown.cause)
}

/** What kafkajs has left of it: its code, and its message behind words of its own. */
function egressRefusal(thrown: unknown): DeliveryError | undefined {
  if (!(thrown instanceof Error)) return undefined
  if (!('code' in thrown) || thrown.code !== EGRESS_REFUSED) return egressRefusal(thrown.cause)
  return new DeliveryError(thrown.message.replace(/^Connection error: /, ''), { cause: thrown })
}

function explain(type: string, topic: string): string | undefined {
  switch (type) {
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return `topic ${topic} takes no message of this size (${type}): raise its max.message.bytes`
    case 'INVALID_RECORD':
      return `topic ${topic} does not take this message (${type})`
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return `not allowed to write to topic ${topic} (${type}): grant WRITE and DESCRIBE on it`
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return `topic ${topic} does not exist (${type}): create it, or correct the sink's topic`
    default:
      return undefined
  }
}
