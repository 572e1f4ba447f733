import { HTTP, Kafka } from 'cloudevents'
import { afterAll, describe, expect, test } from 'vitest'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import type { Format } from '../../src/sinks/format.ts'
import { openRecords } from '../../src/sinks/kafka-record.ts'
import { kafkaRest } from '../../src/sinks/kafka-rest.ts'
import { webhook } from '../../src/sinks/webhook.ts'
import { silentLog } from '../log.ts'
import { openReceiver, status } from '../receiver.ts'
import { sampleEvent } from '../sample-event.ts'
import { context } from '../suites/sink.ts'

const runtime = createNodeRuntime({ folder: '/tmp', log: silentLog })
afterAll(() => runtime.close())

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const FORMATS: readonly Format[] = ['feishu', 'data', 'cloudevents', 'cloudevents-binary']
const isCloudEvent = (format: Format) => format.startsWith('cloudevents')

describe.each(FORMATS)('an attempt’s traceparent goes with format %s', (format) => {
  test.each([undefined, '{ "data": operate }'])('over HTTP, transform: %s', async (transform) => {
    if (format === 'feishu' && transform) return
    await using receiver = await openReceiver()
    const options = { url: receiver.url, format, ...(transform && { transform }) }
    const sink = await webhook.open(options, runtime)
    await sink.deliver(sampleEvent(), { ...context(), traceparent })
    await sink.deliver(sampleEvent(), context())
    const [traced, untraced] = receiver.requests
    if (!traced || !untraced) throw new Error('two were sent')
    expect(traced.headers.traceparent).toBe(traceparent)
    expect(JSON.stringify(untraced)).not.toContain('traceparent')
    if (isCloudEvent(format)) expect(HTTP.toEvent(traced)).toMatchObject({ traceparent })
    else expect(traced.body).toBe(untraced.body)
  })

  test('over Kafka', async () => {
    const recordOf = await openRecords({ format })
    const [traced, untraced] = [
      await recordOf(sampleEvent(), traceparent),
      await recordOf(sampleEvent()),
    ]
    expect(traced.headers.traceparent).toBe(traceparent)
    expect(JSON.stringify(untraced)).not.toContain('traceparent')
    if (!isCloudEvent(format)) return expect(traced.value).toBe(untraced.value)
    expect(Kafka.toEvent({ ...traced, body: traced.value })).toMatchObject({ traceparent })
  })
})

test('the sink kafka-rest writes it with the record', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith(status(200, {}, '{"error_code":200}'))
  const options = {
    url: receiver.url,
    cluster_id: 'c',
    topic: 'approvals.cc',
    format: 'data',
  } as const
  const sink = await kafkaRest.open(options, runtime)
  await sink.deliver(sampleEvent(), { ...context(), traceparent })
  const value = Buffer.from(traceparent).toString('base64')
  const { headers } = JSON.parse(receiver.requests[0]?.body ?? '{}')
  expect(headers).toContainEqual({ name: 'traceparent', value })
  expect(sink.span?.attributes).toMatchObject({ 'messaging.destination.name': 'approvals.cc' })
})
