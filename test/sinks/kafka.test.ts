import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Kafka as CloudEvents } from 'cloudevents'
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  Kafka,
  logLevel,
  Partitioners,
  ResourcePatternTypes,
} from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DeliveryError } from '../../src/core/errors.ts'
import type { Event } from '../../src/core/event.ts'
import type { DeliveryContext, Sink } from '../../src/core/plugin.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import type { Format } from '../../src/sinks/format.ts'
import type { KafkaOptions } from '../../src/sinks/kafka/options.ts'
import { type KafkaTiming, kafka, kafkaWith } from '../../src/sinks/kafka.ts'
import { kafkaRest } from '../../src/sinks/kafka-rest.ts'
import { KAFKA_USER, type KafkaBroker, startKafka, whyNoKafka } from '../kafka-broker.ts'
import { openKafkaProxy } from '../kafka-proxy.ts'
import { openKafkaRestApi } from '../kafka-rest-api.ts'
import { sampleEvent } from '../sample-event.ts'
import { context, eventWith, testSink } from '../suites/sink.ts'

const warnings: string[] = []
process.on('warning', ({ name }) => warnings.push(name))

const missing = await whyNoKafka()
const LONG = { timeout: 30_000 }
const title = 'kafka sink and a real broker'

describe.skipIf(missing)(missing ? `${title}: SKIPPED, ${missing}` : title, LONG, () => {
  let broker: KafkaBroker
  let admin: Admin
  beforeAll(async () => {
    broker = await startKafka()
    // Node warns once a process of a timer in the past: the sink must have silenced it before the test's own clients.
    await (await openSink({ topic: 'any' })).close?.()
    admin = client().admin()
    await admin.connect()
  }, 60_000)
  afterAll(async () => {
    await admin?.disconnect()
    await broker?.stop()
  })

  const client = () => new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })

  let topics = 0
  async function createTopic({ numPartitions = 1, maxBytes = '1048588' } = {}): Promise<string> {
    const topic = `approvals.${++topics}`
    const configEntries = [{ name: 'max.message.bytes', value: maxBytes }]
    await admin.createTopics({
      topics: [{ topic, numPartitions, configEntries }],
      waitForLeaders: true,
    })
    // A leader is named a moment before it takes requests.
    await vi.waitFor(() => admin.fetchTopicOffsets(topic), { timeout: 10_000 })
    return topic
  }

  function options(some: Partial<KafkaOptions> & { topic: string }): KafkaOptions {
    const brokers = [broker.address]
    return { brokers, format: 'feishu', compression: 'none', client_id: 'test', ...some }
  }

  const proxiedBrokers = () => [`127.0.0.1:${broker.proxied.advertised}`]

  const secure = () => ({ brokers: [broker.secureAddress], ssl: { ca: broker.caFile } })

  const logged: string[] = []
  const keep = (fields: object, message: string) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`)
  const runtime = createNodeRuntime({
    folder: '/tmp',
    log: { debug: keep, info: keep, warn: keep, error: keep },
  })

  const connections = () => logged.filter((line) => line.startsWith('kafka: connected')).length

  async function openSink(
    some: Partial<KafkaOptions> & { topic: string },
    timing: Partial<KafkaTiming> = {},
  ): Promise<Sink & AsyncDisposable> {
    const sink = await kafkaWith(timing).open(options(some), runtime)
    return { ...sink, [Symbol.asyncDispose]: async () => sink.close?.() }
  }

  interface Record {
    readonly partition: number
    readonly key: string
    readonly value: string
    readonly headers: { readonly [name: string]: string }
  }

  /** All that the topic holds. */
  async function read(topic: string): Promise<readonly Record[]> {
    const offsets = await admin.fetchTopicOffsets(topic)
    const expected = offsets.reduce((sum, { high }) => sum + Number(high), 0)
    const records: Record[] = []
    if (expected === 0) return records
    const consumer = client().consumer({ groupId: crypto.randomUUID(), maxWaitTimeInMs: 50 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ partition, message }: Parameters<EachMessage>[0]) => {
        const headers = Object.entries(message.headers ?? {})
        records.push({
          partition,
          key: String(message.key),
          value: String(message.value),
          headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
        })
        if (records.length === expected) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    return records
  }
  type EachMessage = NonNullable<
    NonNullable<Parameters<ReturnType<Kafka['consumer']>['run']>[0]>['eachMessage']
  >

  const idsIn = async (topic: string) => (await read(topic)).map(({ headers }) => headers.event_id)

  testSink('the law of sinks', async () => {
    const topic = await createTopic()
    const proxy = await openKafkaProxy(broker.proxied)
    const sink = await openSink(
      { topic, format: 'data', brokers: proxiedBrokers() },
      { retries: 1 },
    )
    return {
      sink: {
        ...sink,
        async close() {
          proxy.refuse()
          await sink.close?.()
        },
      },
      arrived: async () =>
        (await read(topic)).map(({ headers, value }) => ({
          id: headers.event_id ?? '',
          data: JSON.parse(value),
        })),
      refuse: proxy.refuse,
      stall: proxy.stall,
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    }
  })

  describe('what a consumer gets', () => {
    async function deliverOne(
      event: Event,
      some: Partial<KafkaOptions>,
      within: DeliveryContext = context(),
    ): Promise<Record> {
      const topic = await createTopic()
      await using sink = await openSink({ topic, ...some })
      await sink.deliver(event, within)
      const [record] = await read(topic)
      if (!record) throw new Error('nothing arrived')
      return record
    }

    test('feishu: the callback to the letter, with its id and type', async () => {
      const event = sampleEvent()
      expect(await deliverOne(event, {})).toEqual({
        partition: 0,
        key: '81D31358-93AF-92D6-7425-01A5D67C4E71',
        value: event.raw,
        headers: { event_id: event.id, event_type: 'approval_cc' },
      })
    })

    test('the traceparent of its attempt is a header', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      const { headers } = await deliverOne(sampleEvent(), {}, { ...context(), traceparent })
      expect(headers).toMatchObject({ event_type: 'approval_cc', traceparent })
    })

    test('data: the event object; gzip changes nothing of it', async () => {
      const event = eventWith({ operate: 'READ', note: '实例'.repeat(500) }, 'event-7')
      const record = await deliverOne(event, { format: 'data', compression: 'gzip' })
      expect(record.key).toBe('event-7')
      expect(JSON.parse(record.value)).toEqual(event.data)
      expect(record.headers).toEqual({ event_id: 'event-7', event_type: 'approval_cc' })
    })

    test.each<Format>(['cloudevents', 'cloudevents-binary'])(
      '%s: what the official library reads',
      async (format) => {
        const record = await deliverOne(sampleEvent(), { format })
        const { key, headers } = record
        expect(CloudEvents.toEvent({ ...record, body: record.value })).toMatchObject({
          specversion: '1.0',
          id: 'bc447199585340d1f3728d26b1c0297a',
          source: '/feishu/2d520d3b434f175e/cli_a0000000000000ff',
          type: 'cn.feishu.approval_cc',
          subject: key,
          partitionkey: key,
          time: '2017-08-08T13:33:27.717Z',
          data: sampleEvent().data,
        })
        expect(headers['content-type']).toBe(
          format === 'cloudevents'
            ? 'application/cloudevents+json; charset=UTF-8'
            : 'application/json',
        )
      },
    )

    /** Hashes that Kafka's own murmur2 gives these keys. */
    test.each([
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ])('key %s goes where every Kafka client puts it', async (key, murmur2) => {
      const topic = await createTopic({ numPartitions: 7 })
      await using sink = await openSink({ topic })
      await sink.deliver(eventWith({ instance_code: key }), context())
      expect(await read(topic)).toMatchObject([{ key, partition: (murmur2 & 0x7fffffff) % 7 }])
    })

    test('events of one key keep the order of their deliveries', async () => {
      const topic = await createTopic({ numPartitions: 3 })
      await using sink = await openSink({ topic })
      const ids = Array.from({ length: 3000 }, (_, n) => `event-${n}`)
      const deliver = (id: string) =>
        sink.deliver(eventWith({ instance_code: 'one' }, id), context())
      await Promise.all(ids.map(deliver))
      expect(await idsIn(topic)).toEqual(ids)
    })
  })

  describe('by the REST API, kafka-rest', () => {
    /** A REST API before the broker, that takes what the broker takes. */
    async function openRestApi() {
      const producer = client().producer({ createPartitioner: Partitioners.DefaultPartitioner })
      await producer.connect()
      const api = await openKafkaRestApi({
        async write(topic, record) {
          await producer.send({ topic, messages: [record], acks: -1 })
          return undefined
        },
      })
      return {
        ...api,
        async [Symbol.asyncDispose]() {
          await api[Symbol.asyncDispose]()
          await producer.disconnect()
        },
      }
    }

    testSink('the law of sinks', async () => {
      const topic = await createTopic()
      const api = await openRestApi()
      return {
        sink: await kafkaRest.open({ url: api.base, topic, format: 'data' }, runtime),
        arrived: async () =>
          (await read(topic)).map(({ headers, value }) => ({
            id: headers.event_id ?? '',
            data: JSON.parse(value),
          })),
        [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
      }
    })

    test('each format is the very record of the sink kafka, in the very partition', async () => {
      const direct = await createTopic({ numPartitions: 7 })
      const byRest = await createTopic({ numPartitions: 7 })
      await using api = await openRestApi()
      const formats: readonly Format[] = ['feishu', 'data', 'cloudevents', 'cloudevents-binary']
      for (const format of formats) {
        await using sink = await openSink({ topic: direct, format })
        const rest = await kafkaRest.open({ url: api.base, topic: byRest, format }, runtime)
        const event = eventWith({ instance_code: `实例 "%" ${format}`, note: 'é\u2028🏖️', n: 1 })
        await Promise.all([sink, rest].map((each) => each.deliver(event, context())))
      }
      const written = new Set(await read(byRest))
      expect(written.size).toBe(formats.length)
      expect(written).toEqual(new Set(await read(direct)))
    })
  })

  describe('neither lost nor doubled', () => {
    test('the brokers know the producer, so that they can drop repetitions', async () => {
      const topic = await createTopic()
      await using sink = await openSink({ topic })
      await sink.deliver(sampleEvent(), context())
      const log = readFileSync(join(broker.logs, `${topic}-0`, `${'0'.repeat(20)}.log`))
      // A record batch (version 2) has its producer's id at byte 43; -1 is a producer without.
      expect(log.readBigInt64BE(43)).toBeGreaterThanOrEqual(0n)
    })

    test('an answer that is lost on the way does not double the message', async () => {
      const topic = await createTopic()
      await using proxy = await openKafkaProxy(broker.proxied)
      await using sink = await openSink({ topic, brokers: proxiedBrokers() })
      await sink.deliver(eventWith({}, 'first'), context())
      proxy.loseNextAnswer()
      await sink.deliver(eventWith({}, 'second'), context())
      await sink.deliver(eventWith({}, 'third'), context())
      expect(await idsIn(topic)).toEqual(['first', 'second', 'third'])
    })

    test('a send whose end is unknown does not swallow the one after it', async () => {
      const topic = await createTopic()
      await using proxy = await openKafkaProxy(broker.proxied)
      await using sink = await openSink({ topic, brokers: proxiedBrokers() }, { retries: 1 })
      await sink.deliver(eventWith({}, 'first'), context())
      proxy.loseNextAnswer('refuse')
      const unknown = await failure(sink.deliver(eventWith({}, 'second'), context()))
      expect(unknown.failure.permanent).toBe(false)
      proxy.accept()
      await sink.deliver(eventWith({}, 'third'), context())
      expect(await idsIn(topic)).toEqual(['first', 'second', 'third'])
    })

    test('a broker without idempotent producers is written to as well, and people are told', async () => {
      const topic = await createTopic()
      await using _proxy = await openKafkaProxy(broker.proxied, { plainBroker: true })
      await using sink = await openSink({ topic, brokers: proxiedBrokers() })
      logged.length = 0
      await sink.deliver(sampleEvent(), context())
      expect(await read(topic)).toHaveLength(1)
      expect(logged.join('\n')).toContain('no idempotent producer here')
    })

    test('a broker killed in the middle: nothing is lost, and nothing acknowledged comes twice', async () => {
      const topic = await createTopic({ numPartitions: 3 })
      await using sink = await openSink({ topic })
      const attempts = new Map<string, number>()
      let acknowledged = 0
      const halfway = Promise.withResolvers<void>()
      const deliver = async (id: string): Promise<void> => {
        attempts.set(id, (attempts.get(id) ?? 0) + 1)
        const signal = AbortSignal.timeout(10_000)
        await sink.deliver(eventWith({}, id), { ...context(), signal }).catch(() => deliver(id))
        acknowledged += 1
        if (acknowledged === 100) halfway.resolve()
      }
      const run = async (name: string) => {
        for (let n = 0; n < 50; n++) await deliver(`${name}-${n}`)
      }
      const runs = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(run)
      await halfway.promise
      await broker.kill()
      await broker.start()
      await Promise.all(runs)
      const copies = new Map<string, number>()
      for (const id of await idsIn(topic)) copies.set(`${id}`, (copies.get(`${id}`) ?? 0) + 1)
      expect([...copies.keys()].sort()).toEqual([...attempts.keys()].sort())
      expect(attempts.size).toBe(400)
      for (const [id, count] of copies) expect(count).toBeLessThanOrEqual(attempts.get(id) ?? 0)
    })
  })

  describe('what fails', () => {
    test('one message too large fails for good, alone', async () => {
      const topic = await createTopic({ maxBytes: '4000' })
      await using sink = await openSink({ topic })
      const sizes = [10, 500, 9000, 20, 600]
      const events = sizes.map((size, n) => eventWith({ text: 'x'.repeat(size) }, `event-${n}`))
      const results = await Promise.allSettled(events.map((e) => sink.deliver(e, context())))
      const refused = results[2]?.status === 'rejected' ? results[2].reason : undefined
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
      expect(refused).toBeInstanceOf(DeliveryError)
      expect(refused.failure.permanent).toBe(true)
      expect(refused.message).toMatch(/no message of this size \(MESSAGE_TOO_LARGE\)/)
      expect(await idsIn(topic)).toEqual(['event-0', 'event-1', 'event-3', 'event-4'])
    })

    test('a topic that takes less than a batch learns it once, and then gets each event once', async () => {
      const topic = await createTopic({ numPartitions: 8, maxBytes: '65536' })
      await using sink = await openSink({ topic })
      const deliver = (name: string) => {
        const events = Array.from({ length: 1000 }, (_, n) =>
          eventWith({ text: 'x'.repeat(500) }, `${name}-${n}`),
        )
        return Promise.all(events.map((event) => sink.deliver(event, context())))
      }
      await deliver('learning')
      await deliver('learnt')
      const ids = await idsIn(topic)
      expect(new Set(ids).size).toBe(2000)
      expect(ids.filter((id) => id?.startsWith('learnt'))).toHaveLength(1000)
    })

    test('a missing topic waits to be created, and holds up no other', async () => {
      const topic = await createTopic()
      logged.length = 0
      await using absent = await openSink({ topic: 'not.there.yet' })
      await using present = await openSink({ topic })
      const [refused] = await Promise.all([
        failure(absent.deliver(sampleEvent(), context())),
        ...Array.from({ length: 50 }, (_, n) =>
          present.deliver(eventWith({}, `e-${n}`), context()),
        ),
      ])
      expect(refused.failure.permanent).toBe(false)
      expect(refused.message).toMatch(/topic not\.there\.yet does not exist .*create it/)
      await present.deliver(sampleEvent(), context())
      expect(connections()).toBe(1)
      expect(await admin.listTopics()).not.toContain('not.there.yet')
      await admin.createTopics({ topics: [{ topic: 'not.there.yet' }], waitForLeaders: true })
      await absent.deliver(sampleEvent(), context())
      expect(await read('not.there.yet')).toHaveLength(1)
    })

    test.each(['plain', 'scram-sha-512'] as const)('%s logs in, over TLS', async (mechanism) => {
      const topic = await createTopic()
      const sasl = { mechanism, ...KAFKA_USER }
      await using sink = await openSink({ topic, ...secure(), sasl })
      await sink.deliver(sampleEvent(), context())
      expect(await read(topic)).toHaveLength(1)
    })

    test('a forbidden topic fails for good, and one beside it does not', async () => {
      const forbidden = await createTopic()
      const allowed = await createTopic()
      const rule = {
        resourceType: AclResourceTypes.TOPIC,
        resourceName: forbidden,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: 'User:somebody-else',
        host: '*',
        operation: AclOperationTypes.ALL,
        permissionType: AclPermissionTypes.ALLOW,
      }
      await admin.createAcls({ acl: [rule] })
      const access: Pick<KafkaOptions, 'brokers' | 'ssl' | 'sasl'> = {
        ...secure(),
        sasl: { mechanism: 'plain', ...KAFKA_USER },
      }
      await using shut = await openSink({ topic: forbidden, ...access })
      await using open = await openSink({ topic: allowed, ...access })
      const [refused] = await Promise.all([
        failure(shut.deliver(sampleEvent(), context())),
        ...Array.from({ length: 50 }, (_, n) => open.deliver(eventWith({}, `e-${n}`), context())),
      ])
      expect(refused.failure.permanent).toBe(true)
      expect(refused.message).toMatch(/not allowed to write .*TOPIC_AUTHORIZATION_FAILED/)
      expect(await read(allowed)).toHaveLength(50)
    })

    test('a wrong password is tried again, and shown nowhere', async () => {
      const topic = await createTopic()
      logged.length = 0
      const sasl = { mechanism: 'plain', username: 'lake', password: 'wr0ng-secret' } as const
      await using sink = await openSink({ topic, ...secure(), sasl })
      const refused = await failure(sink.deliver(sampleEvent(), context()))
      expect(refused.failure.permanent).toBe(false)
      expect(refused.message).toMatch(/authentication failed/i)
      expect(logged.length).toBeGreaterThan(0)
      expect([refused.message, ...logged].join('\n')).not.toContain('wr0ng-secret')
    })

    test('a certificate that nobody vouches for is not trusted', async () => {
      const topic = await createTopic()
      const timing = { retries: 1 }
      await using sink = await openSink({ topic, ...secure(), ssl: true }, timing)
      const refused = await failure(sink.deliver(sampleEvent(), context()))
      expect(refused.message).toMatch(/self.signed certificate/)
    })

    test('a delivery that is given up rejects at once and is not sent later', async () => {
      const topic = await createTopic()
      await using proxy = await openKafkaProxy(broker.proxied)
      await using sink = await openSink({ topic, brokers: proxiedBrokers() })
      proxy.loseNextAnswer('refuse')
      const timeout = new AbortController()
      const first = sink.deliver(eventWith({}, 'first'), context())
      await proxy.lost
      const late = failure(
        sink.deliver(eventWith({}, 'late'), { ...context(), signal: timeout.signal }),
      )
      timeout.abort()
      expect((await late).message).toMatch(/did not acknowledge/)
      proxy.accept()
      await first
      await sink.deliver(eventWith({}, 'next'), context())
      expect(await idsIn(topic)).toEqual(['first', 'next'])
    })
  })

  describe('connections', () => {
    test('sinks of one cluster share a producer, which lives as long as one of them', async () => {
      const [one, two] = [await createTopic(), await createTopic()]
      logged.length = 0
      const a = await openSink({ topic: one })
      await using b = await openSink({ topic: two })
      await using c = await openSink({ topic: two, format: 'data' })
      await Promise.all([a, b, c].map((sink) => sink.deliver(sampleEvent(), context())))
      await a.close?.()
      await b.deliver(sampleEvent(), context())
      expect(connections()).toBe(1)
      expect(await read(two)).toHaveLength(3)
    })

    test('another client id, another producer', async () => {
      const topic = await createTopic()
      logged.length = 0
      await using a = await openSink({ topic })
      await using b = await openSink({ topic, client_id: 'other' })
      await Promise.all([a, b].map((sink) => sink.deliver(sampleEvent(), context())))
      expect(connections()).toBe(2)
    })

    test('an idle producer disconnects, and connects again when it is needed', async () => {
      const topic = await createTopic()
      const disconnected = Promise.withResolvers<void>()
      const log = {
        ...runtime.log,
        debug: (_: object, message: string) =>
          message === 'kafka: disconnected' && disconnected.resolve(),
      }
      const sink = await kafkaWith({ idleMs: 50, retries: 1 }).open(
        options({ topic, client_id: 'idler' }),
        { ...runtime, log },
      )
      await sink.deliver(eventWith({}, 'first'), context())
      await disconnected.promise
      await sink.deliver(eventWith({}, 'second'), context())
      await sink.close?.()
      expect(await idsIn(topic)).toEqual(['first', 'second'])
    })

    test('close sends what is waiting first', async () => {
      const topic = await createTopic()
      const sink = await openSink({ topic })
      const deliveries = ['a', 'b', 'c'].map((id) => sink.deliver(eventWith({}, id), context()))
      await sink.close?.()
      await Promise.all(deliveries)
      expect(await idsIn(topic)).toEqual(['a', 'b', 'c'])
    })

    test('of all that Node warns of, only the timers in the past are silenced', async () => {
      process.emitWarning('still heard', 'AnyOtherWarning')
      await once(process, 'warning')
      expect(warnings).toContain('AnyOtherWarning')
      expect(warnings).not.toContain('TimeoutNegativeWarning')
    })
  })
})

test('close waits a little for absent brokers, then rejects what is left', async () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const sink = await kafkaWith({ closeMs: 20, retries: 4 }).open(
    {
      brokers: ['127.0.0.1:1'],
      topic: 'approvals.cc',
      format: 'feishu',
      compression: 'none',
      client_id: 'test',
    },
    createNodeRuntime({ folder: '/tmp', log }),
  )
  const delivery = failure(sink.deliver(sampleEvent(), context()))
  await sink.close?.()
  const { message, failure: why } = await delivery
  expect(message).toBe('the sink was closed before Kafka acknowledged the message')
  expect(why.permanent).not.toBe(true)
})

test('its concurrency is that of batches', () => {
  expect(kafka.concurrency).toBe(512)
})

async function failure(delivery: Promise<unknown>): Promise<DeliveryError> {
  const error = await delivery.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof DeliveryError)) throw new Error(`not a DeliveryError: ${error}`)
  return error
}
