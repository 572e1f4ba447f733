import { DeliveryError } from '../../core/errors.ts'
import type { Runtime, TlsIdentity } from '../../core/runtime.ts'
import { noAnswer, readAnswer } from '../answer.ts'
import { basicAuthorization, withUserAgent } from '../http-options.ts'
import type { KafkaRecord } from '../kafka-record.ts'
import { createCluster } from './cluster.ts'
import type { KafkaRestOptions } from './options.ts'
import { checkReport, explained, firstObject, NO_API } from './report.ts'

/** Confluent's REST API v3, for one topic. Rejects with DeliveryErrors. */
export interface KafkaRestClient {
  /** Resolves when Kafka has the record. */
  produce(record: KafkaRecord, signal: AbortSignal): Promise<void>
  /** How many partitions the topic has. */
  countPartitions(signal: AbortSignal): Promise<number>
}

export function createClient(
  options: KafkaRestOptions,
  runtime: Runtime,
  tls: TlsIdentity | undefined,
): KafkaRestClient {
  const { topic } = options
  const clusters = `${options.url.replace(/\/+$/, '')}/v3/clusters`
  const exchange = createExchange(options, runtime, tls)

  /** That a question is refused says nothing of the record. */
  const ask = (url: string, signal: AbortSignal) =>
    exchange(url, { method: 'GET', headers: {}, body: '' }, signal).catch((error: unknown) => {
      if (!(error instanceof DeliveryError)) throw error
      throw new DeliveryError(error.message, { ...error.failure, permanent: false })
    })

  const cluster = createCluster(options.cluster_id, (signal) => ask(clusters, signal))
  const urlIn = (id: string) => `${clusters}/${encodeURIComponent(id)}/topics/${topic}`

  return {
    produce: (record, signal) =>
      cluster.use(signal, async (id) => {
        const request = produceRequest(record, runtime)
        checkReport(await exchange(`${urlIn(id)}/records`, request, signal), topic)
      }),
    countPartitions: (signal) =>
      cluster.use(signal, async (id) => {
        const count = firstObject(await ask(urlIn(id), signal))?.partitions_count
        if (typeof count !== 'number') throw new DeliveryError(NO_API)
        return count
      }),
  }
}

/** Resolves with the text of a 2xx answer. */
type Exchange = (url: string, request: Request, signal: AbortSignal) => Promise<string>

function createExchange(
  options: KafkaRestOptions,
  runtime: Runtime,
  tls: TlsIdentity | undefined,
): Exchange {
  const always = headersOf(options, runtime)
  return async (url, { method, headers, body }, signal) => {
    const failed = (error: unknown) => {
      throw noAnswer(error, signal)
    }
    const init = { method, headers: { ...always, ...headers }, body, signal, ...(tls && { tls }) }
    const answer = await runtime.fetch(url, init).catch(failed)
    await readAnswer(answer, runtime.now()).catch((refused: unknown) => {
      throw explained(refused, options.topic)
    })
    return answer.text().catch(failed)
  }
}

interface Request {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function headersOf(options: KafkaRestOptions, { crypto }: Runtime): Request['headers'] {
  const { username, password = '', token, headers } = options
  return {
    ...(username && { Authorization: basicAuthorization(username, password, crypto) }),
    ...(token && { Authorization: `Bearer ${token}` }),
    ...withUserAgent(headers ?? {}),
  }
}

/** All of it as bytes: what the API calls JSON it would write in its own way. */
function produceRequest({ key, value, headers }: KafkaRecord, { crypto }: Runtime): Request {
  const encoder = new TextEncoder()
  const base64 = (text: string) => crypto.toBase64(encoder.encode(text))
  const body = JSON.stringify({
    headers: Object.entries(headers).map(([name, text]) => ({ name, value: base64(text) })),
    key: { type: 'BINARY', data: base64(key) },
    value: { type: 'BINARY', data: base64(value) },
  })
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }
}
