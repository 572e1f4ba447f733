import process from 'node:process'
import { defineSink } from '../core/plugin.ts'
import { accessOf, checkKafka, hostsOf, kafkaOptions } from './kafka/options.ts'
import { openRecords, spanOf } from './kafka-record.ts'
import { readCertificates } from './pem.ts'
import { previewOf } from './transform.ts'

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
    destinations: hostsOf,
    checkedAlone: ['transform'],
    preview: previewOf,
    checkFiles({ ssl }, { folder }) {
      if (typeof ssl === 'object') readCertificates(folder, 'ssl', ssl)
    },
    async open(options, { folder, log, egress }) {
      silenceNegativeTimeouts()
      // Here and not above: kafkajs takes a tenth of a second to load, of every command that needs no Kafka.
      const { shareCluster } = await import('./kafka/cluster.ts')
      const access = accessOf(options, (ssl) => readCertificates(folder, 'ssl', ssl))
      const { compression, topic } = options
      const recordOf = await openRecords(options)
      const settings = { ...TIMING, ...timing, compression, log, egress }
      const { batches, probe, close } = shareCluster(access, topic, settings)
      return {
        async deliver(event, { signal, traceparent }) {
          const record = recordOf(event, traceparent)
          // It joins its batch at once, where nothing has to be waited for.
          return batches.send(record instanceof Promise ? await record : record, signal)
        },
        span: spanOf(topic),
        probe,
        close,
      }
    },
  })
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
