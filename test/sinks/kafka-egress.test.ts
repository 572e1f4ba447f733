import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { DeliveryError } from '../../src/core/errors.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { kafkaWith } from '../../src/sinks/kafka.ts'
import { silentLog } from '../log.ts'
import { sampleEvent } from '../sample-event.ts'
import { context } from '../suites/sink.ts'

const runtimes: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.close()))
})

/** A delivery through this broker, which fails. */
async function deliverTo(broker: string, deny: readonly string[] = []) {
  const runtime = createNodeRuntime({ folder: '/tmp', log: silentLog })
  runtimes.push(runtime)
  runtime.follow({ deny })
  const options = { brokers: [broker], topic: 'approvals.cc', client_id: 'test' }
  const sink = await kafkaWith({ retries: 0 }).open(
    { ...options, format: 'feishu', compression: 'none' },
    runtime,
  )
  const failing = Promise.resolve(sink.deliver(sampleEvent(), context())).then(
    () => Promise.reject(new Error('it was delivered')),
    (error: unknown) => {
      if (!(error instanceof DeliveryError)) throw new Error(`not a DeliveryError: ${error}`)
      return error
    },
  )
  return { failing: failing.finally(() => sink.close?.()), runtime }
}

async function failureOf(broker: string, deny?: readonly string[]): Promise<DeliveryError> {
  return (await deliverTo(broker, deny)).failing
}

describe('a broker that the egress rules refuse is not connected to', () => {
  test.each(['169.254.169.254:9092', '2852039166:9092', 'metadata.google.internal:9092'])(
    '%s',
    async (broker) => {
      const { message, failure } = await failureOf(broker)
      expect(message).toMatch(/^the egress rules of routes.yaml refuse /)
      expect(failure).not.toMatchObject({ permanent: true })
      expect(failure).not.toMatchObject({ unreachable: true })
    },
  )

  test('by what its name stands for', async () => {
    await using broker = await openBroker('localhost')
    const { message } = await failureOf(`localhost:${broker.port}`, ['127.0.0.0/8', '::1'])
    expect(message).toMatch(/refuse (127\.0\.0\.1|::1): egress\.deny\.\d names it$/)
    expect(broker.connections).toBe(0)
  })

  test('when it is another broker that names it', async () => {
    await using broker = await openBroker('169.254.169.254')
    const { message } = await failureOf(`127.0.0.1:${broker.port}`)
    expect(message).toMatch(/^the egress rules of routes.yaml refuse 169.254.169.254: /)
    expect(broker.connections).toBeGreaterThan(0)
  })
})

test('a connection that new rules refuse is broken off', async () => {
  const { promise: waiting, resolve: onMetadata } = Promise.withResolvers<void>()
  await using broker = await openBroker('127.0.0.1', onMetadata)
  const { failing, runtime } = await deliverTo(`127.0.0.1:${broker.port}`)
  await waiting
  runtime.follow({ deny: ['127.0.0.1'] })
  expect((await failing).message).toBe(
    'the egress rules of routes.yaml refuse 127.0.0.1: egress.deny.0 names it',
  )
})

const API_VERSIONS = 18
const METADATA = 3

interface Broker extends AsyncDisposable {
  readonly port: number
  readonly connections: number
}

/** Speaks as much Kafka as it takes to say that the cluster's one broker is elsewhere; or just tells that it was asked. */
async function openBroker(elsewhere: string, onMetadata?: () => void): Promise<Broker> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}))
    // A request is written whole, and the next one after its answer.
    socket.on('data', (request) => {
      if (onMetadata && request.readInt16BE(4) === METADATA) return onMetadata()
      const [key, correlation] = [request.readInt16BE(4), request.subarray(8, 12)]
      const body = key === METADATA ? metadataOf(elsewhere) : versions()
      socket.write(Buffer.concat([int32(correlation.length + body.length), correlation, body]))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** No error; it offers versions 0 to 0 of these. */
function versions(): Buffer {
  const offered = [API_VERSIONS, METADATA].map((key) =>
    Buffer.concat([int16(key), int16(0), int16(0)]),
  )
  return Buffer.concat([int16(0), int32(offered.length), ...offered])
}

/** Version 0: one broker, and no topic. */
function metadataOf(host: string): Buffer {
  const name = Buffer.from(host)
  return Buffer.concat([int32(1), int32(7), int16(name.length), name, int32(9092), int32(0)])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
