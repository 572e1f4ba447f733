import { defineSink } from '../core/plugin.ts'
import { destinationsOf } from './http-options.ts'
import { openRecords, spanOf } from './kafka-record.ts'
import { createClient } from './kafka-rest/client.ts'
import { kafkaRestOptions, kafkaRestProblems } from './kafka-rest/options.ts'
import { previewOf } from './transform.ts'

/** Writes events to a Kafka topic over HTTP, where TCP is out of reach: the records are those of the sink kafka. */
export const kafkaRest = defineSink({
  type: 'kafka-rest',
  options: kafkaRestOptions,
  check: kafkaRestProblems,
  destinations: destinationsOf,
  checkedAlone: ['transform'],
  preview: previewOf,
  checkFiles({ tls }, { secure }) {
    if (tls) void secure(tls).close()
  },
  async open(options, runtime) {
    const { topic } = options
    const recordOf = await openRecords(options)
    const tls = options.tls && runtime.secure(options.tls)
    const client = createClient(options, runtime, tls)
    return {
      deliver: async (event, { signal, traceparent }) =>
        client.produce(await recordOf(event, traceparent), signal),
      span: spanOf(topic),
      async probe(signal) {
        const count = await client.countPartitions(signal)
        return `topic ${topic}: ${count} partition${count === 1 ? '' : 's'}`
      },
      close: async () => tls?.close(),
    }
  },
})
