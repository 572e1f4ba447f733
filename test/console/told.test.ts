import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compileValidators } from '../../src/config/validators.ts'
import { withoutCount } from '../../src/console/dead/kinds.ts'
import { told } from '../../src/console/parts/told.ts'
import { messageOf } from '../../src/core/errors.ts'
import type { Json, JsonObject } from '../../src/core/event.ts'
import { noSuchSink } from '../../src/core/known-sinks.ts'
import { afterFailure } from '../../src/core/lane/retry.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { checkEnvelope } from '../../src/feishu/received.ts'
import { describe as describeStatus, noAnswer } from '../../src/sinks/answer.ts'
import { readAcknowledgement } from '../../src/sinks/feishu-ws/acknowledgement.ts'
import { kafkaFailure } from '../../src/sinks/kafka/failure.ts'
import { checkReport } from '../../src/sinks/kafka-rest/report.ts'
import { openData, previewOf } from '../../src/sinks/transform.ts'
import { routingOf } from '../core/operations/setup.ts'
import { sampleEvent } from '../sample-event.ts'

const inChinese = (texts: readonly string[]) => texts.map((text) => told(text, 'zh'))

const GAP = '{…}'

/** Source text with its gaps all alike. */
const gapped = (source: string) => source.replaceAll(/\$\{[^{}]*\}/g, GAP)

/** A sentence with values in its gaps. Throws where that file of src does not have it in this wording. */
function saidIn(file: string) {
  return (parts: TemplateStringsArray, ...values: readonly (string | number)[]): string => {
    const source = gapped(readFileSync(`src/${file}`, 'utf8'))
    const wording = parts.join(GAP)
    const isThere = ['`', "'", '"'].some((quote) => source.includes(quote + wording + quote))
    if (!isThere) throw new Error(`${file} says it otherwise now: ${wording}`)
    return String.raw({ raw: parts }, ...values)
  }
}

async function thrownBy(task: () => unknown): Promise<string> {
  try {
    await task()
    return 'nothing was thrown'
  } catch (error) {
    return messageOf(error)
  }
}

test('why an attempt failed', async () => {
  const live = new AbortController().signal
  const failed = [
    ...[410, 302, 500].map(describeStatus),
    noAnswer(new Error('late'), AbortSignal.abort()).message,
    noAnswer(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), live).message,
    noAnswer(new Error('no'), live).message,
    await thrownBy(() => readAcknowledgement(new TextEncoder().encode('{"code":500}'))),
    await thrownBy(() => readAcknowledgement(new TextEncoder().encode('{}'))),
    saidIn('core/lane/attempt.ts')`no answer within ${10_000} ms`,
    saidIn('sinks/feishu-ws/client.ts')`timed out`,
    saidIn('sinks/feishu-ws/client.ts')`not acknowledged within ${3000} ms`,
    saidIn('sinks/feishu-ws/client.ts')`the connection closed before the event was acknowledged`,
    saidIn('sinks/feishu-ws/server.ts')`nobody is connected`,
    saidIn('hosts/node-fetch.ts')`the connection was closed before an answer came`,
    saidIn('hosts/node-fetch.ts')`the proxy of ${'HTTPS_PROXY'} cannot be reached: ${'ENOTFOUND'}`,
    saidIn('hosts/node-fetch.ts')`the proxy answered ${407}`,
  ]
  expect(inChinese(failed)).toEqual([
    '已失效 (410): 接收方不再接收发往此 url 的事件',
    '重定向 (302): 请将 url 改为最终地址',
    'HTTP 500',
    '超时',
    '连接失败: ECONNREFUSED',
    '连接失败: 连接中断',
    '确认中的 code 为 500',
    '确认中没有 code',
    '10000 ms 内没有应答',
    '超时',
    '3000 ms 内没有确认',
    '在事件被确认之前，连接已关闭',
    '没有客户端连接',
    '在应答之前，连接已关闭',
    '无法连接 HTTPS_PROXY 中的代理: ENOTFOUND',
    '代理应答 407',
  ])
})

test('why Kafka has not taken it', async () => {
  const refused = (type: string) =>
    kafkaFailure(Object.assign(new Error(type), { type }), 'cc').error.message
  const texts = [
    refused('MESSAGE_TOO_LARGE'),
    refused('INVALID_RECORD'),
    refused('TOPIC_AUTHORIZATION_FAILED'),
    refused('UNKNOWN_TOPIC_OR_PARTITION'),
    await thrownBy(() => checkReport('{"error_code":40403}', 'cc')),
    await thrownBy(() => checkReport('', 'cc')),
    saidIn('sinks/kafka/batches.ts')`Kafka did not acknowledge the message in time`,
    saidIn('sinks/kafka/connection.ts')`the brokers did not answer within ${30_000} ms`,
  ]
  expect(inChinese(texts)).toEqual([
    'topic cc 不接受此大小的消息 (MESSAGE_TOO_LARGE): 请调大其 max.message.bytes',
    'topic cc 不接受此消息 (INVALID_RECORD)',
    '没有写入 topic cc 的权限 (TOPIC_AUTHORIZATION_FAILED): 请授予 WRITE 与 DESCRIBE',
    'topic cc 不存在 (UNKNOWN_TOPIC_OR_PARTITION): 请创建，或修正接收方的 topic',
    'topic cc 不存在 (40403): 请创建，或修正接收方的 topic',
    '没有及时收到投递回执',
    'Kafka 没有及时确认消息',
    'broker 在 30000 ms 内没有应答',
  ])
})

test('why Kafka’s REST API has not', async () => {
  const texts = [
    '{"error_code":413}',
    '{"error_code":40101}',
    '{"error_code":403}',
    '{"error_code":404}',
    '<html>',
  ]
  const said = texts.map((text) => thrownBy(() => checkReport(text, 'cc')))
  expect(inChinese(await Promise.all(said)).filter((text) => !HAN.test(text))).toEqual([])
  const own = await thrownBy(() => checkReport('{"error_code":500,"message":"no luck"}', 'cc'))
  expect(told(own, 'zh')).toBe('Kafka REST API 报告 500: no luck')
})

test('why a delivery is dead', () => {
  const policy = { waits: [1], jitter: 0, quick: 0 }
  const given = (attempt: number, message: string) => {
    const outcome = afterFailure(policy, { attempt, message, failure: {} }, 0, 0)
    return outcome.state === 'dead' ? outcome.reason : outcome.state
  }
  const buried = saidIn('core/lane/deliver.ts')
  const reasons = [
    given(2, 'timed out'),
    withoutCount(given(2, 'timed out')),
    buried`gave up: ${103} times the gateway or the receiver ended while it held this`,
    saidIn('core/operations/discard.ts')`discarded by ${'cli alice@host'}`,
  ]
  expect(inChinese(reasons)).toEqual([
    '尝试 2 次后放弃: 超时',
    '已放弃: 超时',
    '已放弃: 处理期间网关或接收方中断 103 次',
    '由 cli alice@host 丢弃',
  ])
})

test('why a transform gives nothing', async () => {
  const content = { format: 'data', transform: 'nothing' } as const
  const deliver = await openData(content)
  const failing = { format: 'data', transform: '$sum(user_id)' } as const
  const failed = await thrownBy(() => previewOf(sampleEvent(), failing))
  expect(
    inChinese([
      await thrownBy(() => deliver(sampleEvent())),
      await thrownBy(() => previewOf(sampleEvent(), content)),
    ]),
  ).toEqual([
    'transform 出错: 对此事件没有结果: 字段名是否有误？如需空值请写 null; 请修正后重试',
    'transform 出错: 对此事件没有结果: 字段名是否有误？如需空值请写 null',
  ])
  // What JSONata says stays as it is.
  expect(told(failed, 'zh')).toBe(failed.replace('its transform fails: ', 'transform 出错: '))
})

test('what a transform must not do, and where', async () => {
  const transform = '{\n "x": $pad("a", 10000000)}'
  const text = await thrownBy(() => previewOf(sampleEvent(), { format: 'data', transform }))
  expect(told(text, 'zh')).toBe(
    'transform 出错: 要求 $pad 处理的内容过大 (第 2 行，第 11 个字符，"{ "x": $pad(" 处)',
  )
})

const HAN = /\p{Script=Han}/u

/** What is thrown, as it stands in the source: there, or in the line before. */
const THROWN =
  /new (LimitError|DeliveryError)\(\s*(['"`])(.+?)\2|const message = ([`'])(.+?)\4\s+(?:return|throw) (?:Object\.assign\()?new DeliveryError\(message/g

function failuresIn(file: string): readonly string[] {
  const found = gapped(readFileSync(file, 'utf8')).matchAll(THROWN)
  return [...found].map(([, kind, , alone = '', , named = '']) => {
    const text = (alone || named).replaceAll(GAP, '7')
    return kind === 'LimitError' ? `its transform ${text}` : text
  })
}

const reasonOf = (text: string) => text.replace('transform 出错: ', '')

test('every failure that the gateway itself tells of has its sentence in Chinese', () => {
  const failures = globSync('src/{core,feishu,hosts,sinks}/**/*.ts').flatMap(failuresIn)
  expect(failures.length).toBeGreaterThan(30)
  expect(new Set(failures.filter((text) => !HAN.test(reasonOf(told(text, 'zh')))))).toEqual(
    new Set([
      'the egress rules of routes.yaml refuse 7: 7',
      // What stands before it is told.
      '7; mend the transform, then retry',
    ]),
  )
})

test('why a connection fails where there is no Node', () => {
  const meaning = saidIn('hosts/edge/web-fetch.ts')
  const meanings = [
    meaning`refused, or broken off before an answer came`,
    meaning`the host is not found, or TLS fails`,
    meaning`the platform has taken it for another request`,
    meaning`the platform does not say why`,
  ]
  expect(inChinese(meanings.map((what) => `the connection failed: ${what}`))).toEqual([
    '连接失败: 被拒绝，或在应答之前中断',
    '连接失败: 找不到主机，或 TLS 失败',
    '连接失败: 平台已将连接用于另一个请求',
    '连接失败: 平台没有说明原因',
  ])
})

const validate = compileValidators(eventSchemas)
const copy = { approval_code: 'A', instance_code: 'I', operate: 'CREATE' }

test.each<[JsonObject, string]>([
  [{ operate: 'DELETE' }, 'operate: 应为 CREATE, READ 之一'],
  [{ operate: 'CREATED' }, 'operate: 应为 CREATE, READ 之一，是否为 "CREATE"？'],
  [{ approval_code: 7 }, 'approval_code: 应为字符串，而不是数字'],
  [{ approval_code: null }, 'approval_code: 应为字符串，但为空'],
])('what is wrong with an event, by its schema: %j', (change, expected) => {
  expect(inChinese(validate('approval_cc', { ...copy, ...change }))).toEqual([expected])
})

const either = ['READ or WRITE', 'READ, not a string', 'a; b']

test.each<[JsonObject, Json, string]>([
  [{ const: 'READ or WRITE' }, 'x', 'a: 应为 "READ or WRITE"'],
  [{ const: 'a list of a string' }, 'x', 'a: 应为 "a list of a string"'],
  [{ const: 'x, not a string' }, 'x', 'a: 应为 "x, not a string"'],
  [{ const: 'empty' }, 'x', 'a: 应为 empty'],
  [{ enum: ['empty'] }, 'emtpy', 'a: 应为 empty，是否为 "empty"？'],
  [{ const: ['a string'] }, 'x', 'a: 应为 ["a string"]'],
  [{ enum: either }, 'x', 'a: 应为 "READ or WRITE", "READ, not a string", "a; b" 之一'],
  [{ type: 'null' }, 'x', 'a: 应为空，而不是字符串'],
  [{ type: ['string', 'null'] }, 7, 'a: 应为字符串 或 空，而不是数字'],
  [{ type: 'boolean' }, [], 'a: 应为布尔值，而不是列表'],
  [{ anyOf: [{ type: 'integer' }, { type: 'array' }] }, 'x', 'a: 应为整数 或 列表'],
  [
    { anyOf: [{ type: 'integer' }, { const: 'a string' }] },
    'x',
    'a: 应为 a whole number, or "a string"',
  ],
  [{ pattern: '^must be a string$' }, 'x', 'a: 应匹配 ^must be a string$'],
  [{ pattern: '^a', examples: ['a string', 'ab'] }, 'x', 'a: 应形如 "a string", ab'],
  [{ format: 'date' }, 'x', 'a: 应符合格式 date'],
  [{ minimum: 5 }, 1, 'a: 应为 >= 5'],
  [
    { properties: { user: {} }, additionalProperties: false },
    { usr: 1 },
    'a.usr: 未知的字段，是否为 "user"？',
  ],
  [{ additionalProperties: false }, { usr: 1 }, 'a.usr: 未知的字段'],
])(
  'what is wrong by someone’s own schema, whose values stay as they are: %j',
  (a, value, expected) => {
    const check = compileValidators({ own: { properties: { a } } }, 'theirs')
    expect(inChinese(check('own', { a: value }))).toEqual([expected])
  },
)

test('what is wrong with all of an event, or with more than is told', () => {
  const item = { type: 'string' }
  const check = compileValidators(
    { own: { minProperties: 2, additionalProperties: item } },
    'theirs',
  )
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`k${at}`, at]))
  expect(inChinese(check('own', { a: 'x' }))).toEqual(['长度至少为 2'])
  expect(inChinese(check('own', many)).at(-1)).toBe('还有更多')
  const said = saidIn('config/check/compiled.ts')
  const tooDeep = said`is nested too deep, or too large, to be checked by the schema of its type`
  expect(told(tooDeep, 'zh')).toBe('嵌套过深或内容过大，无法按其类型的 schema 检查')
})

test('what is wrong with an event’s envelope', () => {
  const deep = `${'['.repeat(101)}${']'.repeat(101)}`
  const texts = ['[]', '{"schema":"3"}', `{"uuid":"\\n","event":{"type":"x","a":${deep}}}`]
  expect(texts.flatMap((text) => inChinese(checkEnvelope(text)))).toEqual([
    '不是 JSON 对象',
    'schema: 应为 2.0',
    'uuid (v1) 或 header.event_id (v2): 必填',
    'event.type (v1) 或 header.event_type (v2): 必填',
    'event: 应为对象',
    'type: 应为 event_callback',
    'uuid (v1) 或 header.event_id (v2): 应为可打印的 ASCII，最多 256 字符',
    'event: 嵌套超过 100 层',
  ])
  const gone = routingOf([]).checkAgain(sampleEvent({ via: 'lark' }))
  expect(inChinese(gone)).toEqual(['来源 lark 已从 routes.yaml 移除'])
})

test('which sink is not there', () => {
  const names = ['lake', 'finance']
  const texts = [noSuchSink('lakes', names), noSuchSink('x', names), noSuchSink('x', [])]
  expect(inChinese(texts)).toEqual([
    '没有接收方 "lakes"，是否为 "lake"？',
    '没有接收方 "x"，现有: lake, finance',
    '没有接收方 "x"',
  ])
})

test.each([
  'cannot post: the desk is closed',
  'HTTP 500',
  'timed out, it seems',
  'fails: takes too long',
  'a: b: c',
  '',
  'gave up',
])('what somebody else has said stays as it is: %j', (text) => {
  expect(told(text, 'zh')).toBe(text)
  expect(told(text, 'en')).toBe(text)
})

test('in English everything stays as it is', () => {
  const text = 'gave up after 2 attempts: timed out'
  expect(told(text, 'en')).toBe(text)
})

test('a text of any length is taken', () => {
  for (const part of ['gave up: ', 'there is no sink "x"; did you mean "', 'a: must be one of ']) {
    const text = part.repeat(100_000)
    expect(told(text, 'zh') === text).toBe(true)
  }
})

test('so is a long list that is no sentence in the end', () => {
  for (const part of [
    'empty or ',
    'true or false, or ',
    '"a", or ',
    'a list or ',
    'of; did you mean "',
  ]) {
    const text = `a: must be ${part}`.padEnd(1990, part)
    expect(told(`${text}!?`, 'zh')).toBe(`${text}!?`)
  }
})
