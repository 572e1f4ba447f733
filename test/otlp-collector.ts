import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty where it begins a trace. */
  readonly parentId: string
  readonly name: string
  /** 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** 2 is an error. */
  readonly status: { readonly code: number; readonly message: string }
}

export interface Collector extends AsyncDisposable {
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** Of each request. */
  readonly headers: readonly NodeJS.Dict<string | string[]>[]
  /** All that it was sent, as bytes that a text can be looked for in. */
  readonly bytes: Buffer
}

/** A receiver of OTLP over HTTP, by protobuf. `status` 0 does not answer. */
export async function openCollector(status = 200): Promise<Collector> {
  const spans: CollectedSpan[] = []
  const headers: Collector['headers'][number][] = []
  const bodies: Buffer[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    headers.push(request.headers)
    bodies.push(body)
    if (request.url === '/v1/traces' && status === 200) spans.push(...spansIn(body))
    if (status > 0) response.writeHead(status).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    headers,
    get bytes() {
      return Buffer.concat(bodies)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Value = bigint | Buffer
type Message = ReadonlyMap<number, readonly Value[]>

/** Field numbers: https://github.com/open-telemetry/opentelemetry-proto, trace.proto and common.proto */
function spansIn(body: Buffer): CollectedSpan[] {
  const scopes = parts(read(body), 1).flatMap((resource) => parts(resource, 2))
  return scopes.flatMap((scope) => parts(scope, 2)).map(spanOf)
}

function spanOf(span: Message): CollectedSpan {
  const [status] = parts(span, 15)
  const attributes = parts(span, 9).map((pair) => [textOf(pair, 1), scalarOf(parts(pair, 2)[0])])
  return {
    traceId: bytesOf(span, 1).toString('hex'),
    spanId: bytesOf(span, 2).toString('hex'),
    parentId: bytesOf(span, 4).toString('hex'),
    name: textOf(span, 5),
    kind: numberOf(span, 6),
    attributes: Object.fromEntries(attributes),
    status: {
      code: status ? numberOf(status, 3) : 0,
      message: status ? textOf(status, 2) : '',
    },
  }
}

/** AnyValue: a string, a boolean, an integer or a double. */
function scalarOf(value: Message | undefined): string | number | boolean {
  if (value?.has(2)) return numberOf(value, 2) === 1
  if (value?.has(3)) return numberOf(value, 3)
  if (value?.has(4)) return bytesOf(value, 4).readDoubleLE()
  return value ? textOf(value, 1) : ''
}

function parts(message: Message, field: number): Message[] {
  return (message.get(field) ?? []).flatMap((value) =>
    Buffer.isBuffer(value) ? [read(value)] : [],
  )
}

function bytesOf(message: Message, field: number): Buffer {
  const [value] = message.get(field) ?? []
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
}

const textOf = (message: Message, field: number) => bytesOf(message, field).toString('utf8')

const numberOf = (message: Message, field: number) => Number(message.get(field)?.[0] ?? 0)

/** https://protobuf.dev/programming-guides/encoding/ */
function read(bytes: Buffer): Message {
  const fields = new Map<number, Value[]>()
  let at = 0
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const value = [varint, () => take(8), () => take(Number(varint()))][tag & 7]?.() ?? take(4)
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value])
  }
  return fields
}
