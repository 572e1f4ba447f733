import { expect, test } from 'vitest'
import { compileValidators } from '../../src/config/validators.ts'
import { told } from '../../src/console/parts/told.ts'
import { messageOf } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/event.ts'
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
    'no answer within 10000 ms',
    'not acknowledged within 3000 ms',
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
    '3000 ms 内没有确认',
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
    'Kafka did not acknowledge the message in time',
    'the brokers did not answer within 30000 ms',
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

test('why a delivery is dead', () => {
  const policy = { waits: [1], jitter: 0, quick: 0 }
  const given = (attempt: number, message: string) => {
    const outcome = afterFailure(policy, { attempt, message, failure: {} }, 0, 0)
    return outcome.state === 'dead' ? outcome.reason : outcome.state
  }
  const reasons = [
    given(2, 'timed out'),
    'gave up: timed out',
    'gave up: 103 times the gateway or the receiver ended while it held this',
    'discarded by cli alice@host',
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
