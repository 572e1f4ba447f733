import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { DeliveryError, type DeliveryFailure } from '../../src/core/errors.ts'
import type { Sink } from '../../src/core/plugin.ts'
import type { Runtime } from '../../src/core/runtime.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import type { KafkaRestOptions } from '../../src/sinks/kafka-rest/options.ts'
import { kafkaRest } from '../../src/sinks/kafka-rest.ts'
import { CLUSTER_ID, openKafkaRestApi, type RestRecord } from '../kafka-rest-api.ts'
import { silentLog } from '../log.ts'
import { type Answer, openReceiver, status } from '../receiver.ts'
import { sampleEvent, sampleRaw } from '../sample-event.ts'
import { openSecureReceiver, TLS_FOLDER } from '../secure-receiver.ts'
import { context, type SinkUnderTest, testSink } from '../suites/sink.ts'
import { bundleWorker, startWorkerd, type Workerd } from '../workerd.ts'
import type { Order } from './kafka-rest-worker.ts'

const runtime = createNodeRuntime({ folder: TLS_FOLDER, log: silentLog })
afterAll(() => runtime.close())

const topic = 'approvals.cc'
const openSink = async (options: Partial<KafkaRestOptions> & { url: string }) =>
  kafkaRest.open({ topic, format: 'feishu', ...options }, runtime)

/** A sink of any kind, and a REST API that keeps what it gets. */
async function underTest(open: (options: KafkaRestOptions) => Sink | Promise<Sink>) {
  const records: RestRecord[] = []
  const api = await openKafkaRestApi({
    async write(_, record) {
      records.push(record)
      return undefined
    },
  })
  const subject: SinkUnderTest = {
    sink: await open({ url: api.base, topic, format: 'data', username: 'key', password: '密码' }),
    arrived: () =>
      records.map(({ headers, value }) => ({
        id: headers.event_id ?? '',
        data: JSON.parse(value),
      })),
    refuse: () => api.answerWith(status(503)),
    stall() {
      const { promise, resolve } = Promise.withResolvers<void>()
      api.answerWith(() => resolve())
      return promise
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
  return subject
}

testSink('the law of sinks', () => underTest(openSink))

describe('in workerd', () => {
  let workerd: Workerd
  beforeAll(async () => {
    const file = new URL('kafka-rest-worker.ts', import.meta.url).pathname
    workerd = await startWorkerd({ script: await bundleWorker(file) })
  }, 60_000)
  afterAll(() => workerd?.close())

  testSink('the law of sinks', () =>
    underTest((options) => ({
      async deliver(event, { signal }) {
        const order: Order = { options, event }
        const body = JSON.stringify(order)
        const answer = await fetch(workerd.url, { method: 'POST', body, signal })
        if (!answer.ok) throw new Error(await answer.text())
      },
    })),
  )
})

const taken = status(200, {}, '{"error_code":200}')

/** Delivers the sample event to what answers like this, and gives what it got. */
async function deliverTo(answer: Answer, options: Partial<KafkaRestOptions> = {}) {
  await using receiver = await openReceiver()
  receiver.answerWith(answer)
  const sink = await openSink({ url: receiver.url, cluster_id: 'lkc-1', ...options })
  const outcome = await sink.deliver(sampleEvent(), context()).catch((error: unknown) => error)
  return { outcome, requests: receiver.requests }
}

describe('a request', () => {
  test('is one record, all of it in base64', async () => {
    const { requests } = await deliverTo(taken)
    expect(requests).toMatchObject([
      { method: 'POST', path: '/v3/clusters/lkc-1/topics/approvals.cc/records' },
    ])
    const [{ headers, body } = { headers: {}, body: '' }] = requests
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'lark-fanout',
    })
    expect(headers.authorization).toBeUndefined()
    const data = (text: string) => ({ type: 'BINARY', data: base64(text) })
    expect(JSON.parse(body)).toEqual({
      key: data('81D31358-93AF-92D6-7425-01A5D67C4E71'),
      value: data(sampleRaw),
      headers: [
        { name: 'event_id', value: base64('bc447199585340d1f3728d26b1c0297a') },
        { name: 'event_type', value: base64('approval_cc') },
      ],
    })
  })

  test.each([
    [{ username: 'key', password: '密:码' }, `Basic ${base64('key:密:码')}`],
    [{ token: 'abc.def' }, 'Bearer abc.def'],
    [{ headers: { authorization: 'Key abc' } }, 'Key abc'],
  ])('bears the credentials of %j', async (options, authorization) => {
    const { requests } = await deliverTo(taken, options)
    expect(requests[0]?.headers.authorization).toBe(authorization)
  })

  test('has the headers of the sink', async () => {
    const { requests } = await deliverTo(taken, {
      headers: { 'X-Team': 'lake', 'user-agent': 'us' },
    })
    expect(requests[0]?.headers).toMatchObject({ 'x-team': 'lake', 'user-agent': 'us' })
  })

  test('goes over TLS with certificates of its own, until the sink is closed', async () => {
    await using receiver = await openSecureReceiver({ asksForClient: true })
    const options = { url: `https://127.0.0.1:${receiver.port}`, cluster_id: 'lkc-1' }
    const names = { ca: 'ca.pem', cert: 'client.pem', key: 'client.key' }
    const sink = await openSink({ ...options, tls: { ...names, servername: 'receiver.test' } })
    const deliver = () => sink.deliver(sampleEvent(), context())
    await expect(deliver()).rejects.toThrow('not that of a Kafka REST API')
    expect(receiver.requests).toEqual([{ client: 'client.test', servername: 'receiver.test' }])
    await sink.close?.()
    await expect(deliver()).rejects.toThrow('connection failed')
    expect(receiver.requests).toHaveLength(1)
  })
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

describe('the cluster', () => {
  const nothing = { write: async () => undefined }

  test('is asked for once, where the file does not name it', async () => {
    await using api = await openKafkaRestApi(nothing)
    const sink = await openSink({ url: `${api.base}//` })
    await sink.deliver(sampleEvent(), context())
    await sink.deliver(sampleEvent(), context())
    const records = `/kafka/v3/clusters/${CLUSTER_ID}/topics/${topic}/records`
    expect(api.requests.map(({ path }) => path)).toEqual(['/kafka/v3/clusters', records, records])
  })

  test('is asked for once by all who want it at once', async () => {
    await using api = await openKafkaRestApi(nothing)
    const sink = await openSink({ url: api.base })
    const deliver = () => sink.deliver(sampleEvent(), context())
    await Promise.all(Array.from({ length: 16 }, deliver))
    const methods = api.requests.map(({ method }) => method)
    expect(methods).toEqual(['GET', ...Array(16).fill('POST')])
  })

  const list = (id: string) => status(200, {}, `{"data":[{"cluster_id":"${id}"}]}`)

  test.each([
    ['404', status(404, {}, '{"error_code":404}')],
    ['report of 40403', status(200, {}, '{"error_code":40403}')],
  ])('is asked for again after a %s: it may be another one by now', async (_, unknown) => {
    await using api = await openReceiver()
    api.answerWith(list('old'), unknown, list('new'), taken)
    const sink = await openSink({ url: api.url })
    await expect(sink.deliver(sampleEvent(), context())).rejects.toThrow('404')
    await sink.deliver(sampleEvent(), context())
    expect(api.requests[3]?.path).toBe('/v3/clusters/new/topics/approvals.cc/records')
  })

  test('is not forgotten for the 404 of an older one', async () => {
    await using api = await openReceiver()
    const late = Promise.withResolvers<void>()
    const unknown = status(404)
    const unknownLater: Answer = (...asked) => void late.promise.then(() => unknown(...asked))
    api.answerWith(list('old'), unknown, unknownLater, list('new'), taken)
    const sink = await openSink({ url: api.url })
    const deliver = () => sink.deliver(sampleEvent(), context()).catch(messageOf)
    const both = [deliver(), deliver()]
    expect(await Promise.race(both)).toContain('404')
    expect(await deliver()).toBeUndefined()
    late.resolve()
    for (const message of await Promise.all(both)) expect(message).toContain('404')
    expect(await deliver()).toBeUndefined()
    const methods = api.requests.map(({ method }) => method)
    expect(methods).toEqual(['GET', 'POST', 'POST', 'GET', 'POST', 'POST'])
  })

  test('is not asked for where the file names it', async () => {
    await using api = await openReceiver()
    api.answerWith(status(404))
    const sink = await openSink({ url: api.url, cluster_id: 'lkc-1' })
    for (let n = 0; n < 2; n++) {
      await expect(sink.deliver(sampleEvent(), context())).rejects.toThrow('404')
    }
    expect(api.requests.map(({ method }) => method)).toEqual(['POST', 'POST'])
  })

  test('is asked for again after a failure, which is never permanent', async () => {
    await using api = await openReceiver()
    api.answerWith(status(403, {}, '{"error_code":40301}'), list('a/b'), taken)
    const sink = await openSink({ url: api.url })
    const refused = await sink.deliver(sampleEvent(), context()).catch((error: unknown) => error)
    expect(failureOf(refused)).toMatchObject({ permanent: false, status: 403 })
    await sink.deliver(sampleEvent(), context())
    expect(api.requests[2]?.path).toBe('/v3/clusters/a%2Fb/topics/approvals.cc/records')
  })

  test.each([
    ['{"data":[]}', 'not that of a Kafka REST API'],
    ['<html>', 'not that of a Kafka REST API'],
    ['{"data":[{"cluster_id":"a"},{"cluster_id":"b"}]}', "set the sink's cluster_id"],
  ])('is not guessed from %s', async (body, message) => {
    await using api = await openReceiver()
    api.answerWith(status(200, {}, body))
    const sink = await openSink({ url: api.url })
    await expect(sink.deliver(sampleEvent(), context())).rejects.toThrow(message)
    expect(api.requests).toHaveLength(1)
  })
})

describe('what becomes of a delivery', () => {
  interface Case {
    readonly name: string
    readonly status?: number
    readonly headers?: Record<string, string>
    readonly body?: unknown
    readonly failure?: DeliveryFailure & { readonly message: string }
  }
  const cases: readonly Case[] = fixture('kafka-rest-answers.yaml')

  test.each(cases)('$name', async ({ status: code = 200, headers, body = '', failure }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const { outcome } = await deliverTo(status(code, headers, text))
    if (failure === undefined) return expect(outcome).toBeUndefined()
    const { message, ...rest } = failure
    expect(messageOf(outcome)).toBe(message)
    const { cause: _, response, ...said } = failureOf(outcome)
    expect(response).toBe(text)
    expect(Object.fromEntries(Object.entries(said).filter(([, value]) => value))).toEqual(
      Object.fromEntries(Object.entries(rest).filter(([, value]) => value)),
    )
  })

  test('nobody listens', async () => {
    const { outcome } = await deliverTo(taken, { url: 'http://127.0.0.1:1' })
    expect(messageOf(outcome)).toBe('the connection failed: ECONNREFUSED')
    expect(failureOf(outcome).transient).toBe(true)
  })

  test('the connection breaks within the report', async () => {
    const { outcome } = await deliverTo((response) => {
      response.writeHead(200, { 'Content-Length': 99 })
      response.write('{"error_code":200', () => response.destroy())
    })
    expect(messageOf(outcome)).toBe('the connection was closed before an answer came')
    expect(failureOf(outcome).transient).toBe(true)
  })

  test('the time runs out before the report', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => response.writeHead(200).flushHeaders())
    const timeout = new AbortController()
    const fetch: Runtime['fetch'] = async (...request) => {
      const answer = await runtime.fetch(...request)
      timeout.abort(new Error('too late'))
      return answer
    }
    const options = { url: receiver.url, topic, format: 'feishu', cluster_id: 'lkc-1' } as const
    const sink = await kafkaRest.open(options, { ...runtime, fetch })
    const delivery = sink.deliver(sampleEvent(), { ...context(), signal: timeout.signal })
    const outcome = await delivery.catch((error: unknown) => error)
    expect(messageOf(outcome)).toBe('timed out')
    expect(failureOf(outcome).unreachable).toBe(true)
  })

  test('no failure shows a credential', async () => {
    const secrets = {
      username: 'key',
      password: 'their-password',
      headers: { 'X-Key': 'their-key' },
    }
    for (const { status: code = 200, body } of cases) {
      const { outcome } = await deliverTo(status(code, {}, JSON.stringify(body ?? '')), secrets)
      expect(String(outcome)).not.toMatch(/their-|a2V5Onl/)
    }
  })
})

function failureOf(outcome: unknown): DeliveryFailure {
  if (!(outcome instanceof DeliveryError)) throw new Error(`not a DeliveryError: ${outcome}`)
  return outcome.failure
}

function messageOf(outcome: unknown): string {
  return outcome instanceof Error ? outcome.message : `no error: ${outcome}`
}

describe('a probe', () => {
  const never = new AbortController().signal
  const probe = async (url: string) => (await openSink({ url })).probe?.(never)

  test('counts the partitions, and writes nothing', async () => {
    await using api = await openKafkaRestApi({ write: async () => undefined })
    expect(await probe(api.base)).toBe('topic approvals.cc: 3 partitions')
    expect(api.requests.map(({ method }) => method)).toEqual(['GET', 'GET'])
  })

  test.each([
    [
      404,
      '{"error_code":40403}',
      "topic approvals.cc does not exist (40403): create it, or correct the sink's topic",
    ],
    [401, '', "the REST API does not know the sink's credentials (401)"],
    [200, '{"data":[{"cluster_id":"a"}]}', 'the answer is not that of a Kafka REST API (v3)'],
  ])('says what is wrong: %i %s', async (code, body, message) => {
    await using receiver = await openReceiver()
    receiver.answerWith(status(code, {}, body))
    await expect(probe(receiver.url)).rejects.toThrow(message)
  })
})

describe('options', () => {
  interface Case {
    readonly name: string
    readonly options: Omit<KafkaRestOptions, 'topic' | 'format'>
    readonly problems?: readonly string[]
  }

  test.each<Case>(fixture('kafka-rest-problems.yaml'))(
    '$name',
    async ({ options, problems = [] }) => {
      const found = (await kafkaRest.check?.({ topic, format: 'feishu', ...options })) ?? []
      expect(found.map(({ path, message }) => `${path}: ${message}`)).toEqual(problems)
    },
  )

  test('name where its requests go', () => {
    const options = { topic, format: 'feishu', url: 'https://rest-proxy:8082/kafka' } as const
    expect(kafkaRest.destinations?.(options)).toEqual([{ path: 'url', host: 'rest-proxy' }])
  })

  test('mark every credential as a secret', () => {
    const { password, token, headers, tls } = JSON.parse(
      JSON.stringify(kafkaRest.options),
    ).properties
    expect([password, token, tls.properties.key].map(({ secret }) => secret)).toEqual([
      true,
      true,
      true,
    ])
    expect(JSON.stringify(headers)).toContain('"secret":true')
  })

  test('that are certificates are read when the file is checked', () => {
    const options = { topic, format: 'feishu', url: 'https://a', tls: { ca: 'none.pem' } } as const
    expect(() => kafkaRest.checkFiles?.(options, runtime)).toThrow('tls.ca')
  })
})

function fixture(name: string) {
  return parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'))
}
