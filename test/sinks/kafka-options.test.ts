import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import {
  accessOf,
  checkKafka,
  type KafkaOptions,
  kafkaOptions,
} from '../../src/sinks/kafka/options.ts'
import { kafka } from '../../src/sinks/kafka.ts'
import { readCertificates } from '../../src/sinks/pem.ts'
import { pem, TLS_FOLDER } from '../secure-receiver.ts'

const least = { brokers: ['kafka-1:9092'], topic: 'approvals.cc' }
const problemsOf = async (some: object) => {
  const options = Value.Default(kafkaOptions, { ...least, ...some })
  if (!Value.Check(kafkaOptions, options)) throw new Error('the schema refuses this already')
  return checkKafka(options)
}

describe('kafka options', () => {
  test('brokers and a topic are enough', async () => {
    expect(Value.Default(kafkaOptions, { ...least })).toEqual({
      ...least,
      format: 'feishu',
      compression: 'none',
      client_id: 'lark-fanout',
    })
    expect(await problemsOf({})).toEqual([])
  })

  test.each([
    { brokers: [] },
    { brokers: ['kafka-1'] },
    { brokers: ['kafka://kafka-1:9092'] },
    { brokers: ['user:password@kafka-1:9092'] },
    { topic: '' },
    { topic: '..' },
    { topic: 'approvals/cc' },
    { topic: 'x'.repeat(250) },
    { compression: 'snappy' },
    { ssl: { cert_file: 'x' } },
    { sasl: { mechanism: 'gssapi' } },
    { sasl: { username: 'lake' } },
  ])('the schema refuses %j', (some) => {
    const options = Value.Default(kafkaOptions, { ...least, ...some })
    expect(Value.Check(kafkaOptions, options)).toBe(false)
  })

  test('each mechanism names what it lacks and what it has no use for', async () => {
    expect(await problemsOf({ sasl: { mechanism: 'plain', username: 'lake' } })).toEqual([
      { path: 'sasl.password', message: 'is required with plain' },
    ])
    expect(await problemsOf({ sasl: { mechanism: 'oauthbearer', username: 'lake' } })).toEqual([
      { path: 'sasl.username', message: 'has no meaning with oauthbearer: remove it' },
      { path: 'sasl.token', message: 'is required with oauthbearer' },
    ])
    const scram = { mechanism: 'scram-sha-256', username: 'lake', password: 'p' }
    expect(await problemsOf({ sasl: scram })).toEqual([])
  })

  test('a port is one that exists', async () => {
    expect(await problemsOf({ brokers: ['a:1', 'b:65536', 'c:65535', 'd:0'] })).toEqual([
      { path: 'brokers.1', message: 'must have a port from 1 to 65535' },
      { path: 'brokers.3', message: 'must have a port from 1 to 65535' },
    ])
  })

  test('a refused pattern is explained by an example, which it takes', () => {
    const { brokers, topic } = kafkaOptions.properties
    for (const { pattern, examples } of [brokers.items, topic]) {
      expect(examples).toHaveLength(1)
      expect(String(examples)).toMatch(new RegExp(pattern ?? 'none'))
    }
  })

  test('who names a certificate by its file reads when the file is read', () => {
    const described = JSON.stringify(kafkaOptions.properties.ssl)
    expect(described.match(/a changed file takes effect at the next start/g)).toHaveLength(3)
  })

  test('a certificate and its key come together', async () => {
    expect(await problemsOf({ ssl: { cert: 'c' } })).toEqual([
      { path: 'ssl.key', message: 'is required with cert' },
    ])
    expect(await problemsOf({ ssl: { key: 'k' } })).toEqual([
      { path: 'ssl.cert', message: 'is required with key' },
    ])
    expect(await problemsOf({ ssl: { ca: 'a' } })).toEqual([])
  })

  test('every credential is marked secret', () => {
    expect(JSON.parse(JSON.stringify(kafkaOptions))).toMatchObject({
      properties: {
        sasl: { properties: { password: { secret: true }, token: { secret: true } } },
        ssl: { anyOf: [{}, { properties: { key: { secret: true } } }] },
      },
    })
  })
})

describe('certificates', () => {
  const options: KafkaOptions = {
    ...least,
    format: 'feishu',
    compression: 'none',
    client_id: 'test',
    ssl: { ca: 'ca.pem', cert: '-----BEGIN CERTIFICATE-----', key: 'not PEM, and secret' },
  }

  test('PEM text is taken as it is, anything else as a file', () => {
    const files = { ca: 'ca.pem', cert: pem('client.pem'), key: 'client.key' }
    const read = (ssl: object) => readCertificates(TLS_FOLDER, 'ssl', ssl)
    expect(accessOf({ ...options, ssl: files }, read).ssl).toEqual({
      ca: pem('ca.pem'),
      cert: pem('client.pem'),
      key: pem('client.key'),
    })
  })

  test('a file that is not there refuses the whole file, and shows no key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lark-fanout-'))
    await writeFile(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----')
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const opening = Promise.resolve(kafka.open(options, createNodeRuntime({ folder, log })))
    const error = await opening.catch((reason: unknown) => reason)
    if (!(error instanceof ConfigError)) throw new Error(`not a ConfigError: ${error}`)
    expect(error.problems).toMatchObject([{ path: 'ssl.key' }])
    expect(error.message).toContain('beside routes.yaml')
    expect(error.message).not.toContain('secret')
  })
})
