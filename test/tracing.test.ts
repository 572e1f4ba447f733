import { describe, test } from 'vitest'
import { readEnvironment } from '../src/hosts/environment.ts'
import { openNodeGateway } from '../src/hosts/node.ts'
import { readConfigFile } from '../src/hosts/node-config.ts'
import { recordingLog } from './log.ts'
import { type CollectedSpan, openCollector } from './otlp-collector.ts'
import { openReceiver, status } from './receiver.ts'
import { callbackOf, FEISHU, type Folder, KEY, openFolder, sealed, TOKEN } from './serve.ts'

const SECRET = 'a-password-that-nobody-may-see'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

const routesOf = (finance: string, hr: string) => `${FEISHU}sinks:
  finance: { type: webhook, url: "${finance}", format: cloudevents }
  hr:
    type: webhook
    url: ${hr}
    headers: { Authorization: "\${SECRET}" }
    retry: { schedule: [1s], quick: 0 }
routes:
  - { name: all, to: [finance, hr] }
`

/** A gateway on the folder's own store. */
async function openGateway(folder: Folder, more: Readonly<Record<string, string>>) {
  const keys = { FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_ENCRYPT_KEY: KEY, SECRET }
  const where = { PORT: '0', HOST: '127.0.0.1', DATABASE_URL: `sqlite:${folder.path}/store.db` }
  const env = { ...keys, ...where, ...more }
  const file = await readConfigFile({ file: `${folder.path}/routes.yaml`, env })
  const log = recordingLog()
  const gateway = await openNodeGateway(file, readEnvironment(env), log)
  return {
    log,
    close: gateway.close,
    async send(callback: object, key = KEY) {
      const { headers, body } = await sealed(callback, key)
      const traced = { ...headers, traceparent: `00-${TRACE}-${PARENT}-01` }
      const url = `http://127.0.0.1:${gateway.port}/webhook/event`
      const answer = await fetch(url, { method: 'POST', headers: traced, body })
      return answer.status
    },
  }
}

const named = (spans: readonly CollectedSpan[], name: string) =>
  spans.filter((span) => span.name === name)

describe.concurrent('traces', () => {
  test('lead from a callback to each attempt, also by another gateway, and on to the receivers', async ({
    expect,
  }) => {
    await using collector = await openCollector()
    await using finance = await openReceiver()
    await using hr = await openReceiver()
    hr.answerWith(status(503, { 'Retry-After': '1' }, SECRET), status(204))
    await using folder = await openFolder({ 'routes.yaml': routesOf(finance.url, hr.url) })
    const otlp = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    }
    const callback = callbackOf({ comment: 'what nobody else may read' })

    const first = await openGateway(folder, otlp)
    expect(await first.send(callback)).toBe(200)
    expect(await first.send(callback, 'another-key')).toBe(401)
    await expect.poll(() => [finance.requests.length, hr.requests.length]).toEqual([1, 1])
    await first.close()
    const second = await openGateway(folder, otlp)
    await expect.poll(() => hr.requests.length).toBe(2)
    await second.close()

    const { spans } = collector
    expect(spans.filter(({ traceId }) => traceId !== TRACE)).toEqual([])
    const [genuine, rejected] = named(spans, 'POST /webhook/event')
    expect(genuine).toMatchObject({
      kind: 2,
      parentId: PARENT,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/webhook/event',
        'http.response.status_code': 200,
        'lark_fanout.source': 'feishu',
        'lark_fanout.result': 'accepted',
        'messaging.message.id': callback.uuid,
      },
    })
    expect(rejected).toMatchObject({
      parentId: PARENT,
      attributes: { 'lark_fanout.result': 'rejected', 'http.response.status_code': 401 },
      status: { code: 0 },
    })
    const [accepted, ...others] = named(spans, 'accept approval_cc')
    expect(others).toEqual([])
    expect(accepted).toMatchObject({
      kind: 4,
      parentId: genuine?.spanId,
      attributes: { 'lark_fanout.deliveries': 2, 'lark_fanout.duplicate': false },
    })

    const parentId = accepted?.spanId
    const [toFinance] = named(spans, 'deliver finance')
    expect(toFinance).toMatchObject({ kind: 3, parentId, status: { code: 0 } })
    const [failed, succeeded] = named(spans, 'deliver hr')
    expect(failed).toMatchObject({
      kind: 3,
      parentId,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 503,
        'error.type': '503',
        'lark_fanout.sink': 'hr',
        'lark_fanout.sink.type': 'webhook',
        'lark_fanout.attempt': 1,
        'lark_fanout.tries': 1,
      },
      status: { code: 2, message: 'HTTP 503' },
    })
    expect(succeeded).toMatchObject({
      parentId,
      attributes: { 'http.response.status_code': 204, 'lark_fanout.attempt': 2 },
      status: { code: 0 },
    })
    expect(spans).toHaveLength(6)

    const nameOf = (span: CollectedSpan | undefined) => `00-${TRACE}-${span?.spanId}-01`
    const given = hr.requests.map(({ headers }) => headers.traceparent)
    expect(given).toEqual([nameOf(failed), nameOf(succeeded)])
    expect(finance.requests[0]?.headers.traceparent).toBe(nameOf(toFinance))
    const envelope = JSON.parse(finance.requests[0]?.body ?? '')
    expect(envelope.traceparent).toBe(nameOf(toFinance))

    const { bytes } = collector
    for (const text of ['lark-fanout', 'deployment.environment.name', callback.uuid])
      expect(bytes.includes(text)).toBe(true)
    const { comment, instance_code, user_id } = { ...callback.event, comment: 'nobody else' }
    for (const text of [SECRET, TOKEN, KEY, comment, instance_code, user_id])
      expect(bytes.includes(text)).toBe(false)
    expect(collector.headers[0]).toMatchObject({ authorization: 'Bearer of-the-collector' })
  })

  test('without OpenTelemetry’s variables, none is kept nor passed on', async ({ expect }) => {
    await using receiver = await openReceiver()
    const { url } = receiver
    await using folder = await openFolder({ 'routes.yaml': routesOf(url, url) })
    const gateway = await openGateway(folder, {})
    expect(await gateway.send(callbackOf())).toBe(200)
    await expect.poll(() => receiver.requests.length).toBe(2)
    await gateway.close()
    expect(receiver.requests.filter(({ headers }) => headers.traceparent)).toEqual([])
    const bodies = receiver.requests.map(({ body }) => body).join()
    expect(bodies).not.toContain('traceparent')
  })

  test('what is not sampled is not exported, and whoever is sent it knows', async ({ expect }) => {
    await using collector = await openCollector()
    await using receiver = await openReceiver()
    const { url } = receiver
    await using folder = await openFolder({ 'routes.yaml': routesOf(url, url) })
    const gateway = await openGateway(folder, {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
      OTEL_TRACES_SAMPLER: 'always_off',
    })
    expect(await gateway.send(callbackOf())).toBe(200)
    await expect.poll(() => receiver.requests.length).toBe(2)
    await gateway.close()
    for (const { headers } of receiver.requests)
      expect(headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
    expect(collector.spans).toEqual([])
  })

  test.for([
    ['refuses them', 400, 'traces cannot be exported'],
    ['does not answer', 0, 'the last traces were not exported'],
  ] as const)(
    'a collector that %s keeps nobody waiting, and is one line in the log',
    async ([_, code, said], { expect }) => {
      await using collector = await openCollector(code)
      await using receiver = await openReceiver()
      const { url } = receiver
      await using folder = await openFolder({ 'routes.yaml': routesOf(url, url) })
      const gateway = await openGateway(folder, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
      for (let i = 0; i < 3; i++) expect(await gateway.send(callbackOf())).toBe(200)
      await expect.poll(() => receiver.requests.length).toBe(6)
      await gateway.close()
      const warnings = gateway.log.lines.filter((line) => line.startsWith('warn'))
      expect(warnings).toEqual([expect.stringContaining(said)])
    },
  )
})
