import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { ConfigError } from '../core/errors.ts'
import { defineSink } from '../core/plugin.ts'
import { messageOf } from './kafka/message.ts'
import { accessOf, checkKafka, kafkaOptions } from './kafka/options.ts'

/** What tests shorten. */
export interface KafkaTiming {
  /** See ConnectionSettings. */
  readonly idleMs: number
  /** See ClusterSettings. */
  readonly retries: number
  /** See ClusterSettings. */
  readonly closeMs: number
}

const TIMING: KafkaTiming = { idleMs: 60_000, retries: 7, closeMs: 3000 }

/** Writes events to a Kafka topic. A delivery resolves when all in-sync replicas have its message. */
export const kafka = kafkaWith({})

export function kafkaWith(timing: Partial<KafkaTiming>) {
  return defineSink({
    type: 'kafka',
    concurrency: 512,
    options: kafkaOptions,
    check: checkKafka,
    async open(options, { folder, log }) {
      silenceNegativeTimeouts()
      // Here and not above: kafkajs takes a tenth of a second to load, of every command that needs no Kafka.
      const { shareCluster } = await import('./kafka/cluster.ts')
      const access = accessOf(options, (value, path) => readPem(folder, value, path))
      const { compression, format, topic } = options
      const settings = { ...TIMING, ...timing, compression, log }
      const { batches, close } = shareCluster(access, topic, settings)
      return {
        deliver: (event, { signal }) => batches.send(messageOf(event, format), signal),
        close,
      }
    },
  })
}

function readPem(folder: string, value: string, path: string): string {
  if (value.includes('-----BEGIN')) return value
  try {
    return readFileSync(resolve(folder, value), 'utf8')
  } catch {
    // Without the value: a key pasted in another form must not be shown.
    const message = 'is neither PEM text nor a readable file; a relative path is beside routes.yaml'
    throw new ConfigError([{ path, message }])
  }
}

let silenced = false

/** kafkajs 2.2.4 sets timers in the past, of which Node warns on every start. Other warnings pass. */
function silenceNegativeTimeouts(): void {
  if (silenced) return
  silenced = true
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] !== 'TimeoutNegativeWarning')
      Reflect.apply(emitWarning, process, [warning, ...rest])
  }
}
