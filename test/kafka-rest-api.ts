import type { ServerResponse } from 'node:http'
import { type Answer, openReceiver, type ReceivedRequest, type Receiver } from './receiver.ts'

/** A record as Kafka has it. */
export interface RestRecord {
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

/** What the API says of one record, or of a request that it refuses. */
export interface Report {
  readonly error_code: number
  readonly message?: string
}

export interface KafkaRestApi extends Receiver {
  /** What `url` is in routes.yaml. */
  readonly base: string
}

interface Settings {
  /** Takes a record, as Kafka would. Whom it returns a report, it has refused. */
  write(topic: string, record: RestRecord): Promise<Report | undefined>
}

export const CLUSTER_ID = 'lkc-test'

/** Confluent's REST API v3, as far as a producer of binary records knows it, beneath /kafka. */
export async function openKafkaRestApi(settings: Settings): Promise<KafkaRestApi> {
  const receiver = await openReceiver()
  receiver.answerWith(restApi(settings))
  // A getter of the receiver's stays one.
  return Object.assign(receiver, { base: `${receiver.url}/kafka` })
}

function restApi({ write }: Settings): Answer {
  return (response, request) => {
    answer(response, request, write).catch(() => response.destroy())
  }
}

const TOPIC = new RegExp(`^/kafka/v3/clusters/${CLUSTER_ID}/topics/([^/]+)(/records)?$`)

async function answer(
  response: ServerResponse,
  request: ReceivedRequest,
  write: Settings['write'],
) {
  const { method, path } = request
  const [, topic = '', records] = TOPIC.exec(path) ?? []
  if (method === 'GET' && path === '/kafka/v3/clusters') {
    return say(response, 200, { kind: 'KafkaClusterList', data: [{ cluster_id: CLUSTER_ID }] })
  }
  if (method === 'GET' && topic !== '' && records === undefined) {
    return say(response, 200, { kind: 'KafkaTopic', topic_name: topic, partitions_count: 3 })
  }
  if (method !== 'POST' || records === undefined) {
    return say(response, 404, { error_code: 404, message: 'HTTP 404 Not Found' })
  }
  if (request.headers['content-type'] !== 'application/json') {
    return say(response, 415, { error_code: 415, message: 'HTTP 415 Unsupported Media Type' })
  }
  // The status is there before Kafka has been asked.
  response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
  const refused = await write(topic, recordIn(request.body))
  const taken = { error_code: 200, cluster_id: CLUSTER_ID, topic_name: topic, offset: 0 }
  response.end(`${JSON.stringify(refused ?? taken)}\r\n`)
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

/** Throws where a type is another one, or base64 is not what it seems. */
function recordIn(body: string): RestRecord {
  const { headers, key, value } = JSON.parse(body)
  if (key.type !== 'BINARY' || value.type !== 'BINARY') throw new Error('not of type BINARY')
  return {
    key: text(key.data),
    value: text(value.data),
    headers: Object.fromEntries(
      headers.map((header: { name: string; value: string }) => [header.name, text(header.value)]),
    ),
  }
}

function text(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) throw new Error('not base64')
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}
