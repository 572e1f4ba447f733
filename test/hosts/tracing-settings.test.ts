import { expect, test } from 'vitest'
import { readTracing } from '../../src/hosts/tracing-settings.ts'

const SECRET = 'a-token-that-nobody-may-see'
const on = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test.each([
  {},
  { OTEL_TRACES_EXPORTER: 'none', ...on },
  { OTEL_SDK_DISABLED: 'true', ...on },
  { OTEL_SERVICE_NAME: 'gateway' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
])('nothing is traced, and nothing said: %o', (env) => {
  expect(readTracing(env)).toEqual({ settings: undefined, warnings: [] })
})

test('an endpoint is enough', () => {
  expect(readTracing(on)).toEqual({
    settings: {
      exporters: ['otlp'],
      url: 'http://collector:4318/v1/traces',
      headers: {},
      sampler: { ratio: 1, parentBased: true },
      resource: { 'service.name': 'lark-fanout' },
    },
    warnings: [],
  })
})

test('what is said of traces alone comes before what is said of all signals', () => {
  const { settings, warnings } = readTracing({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all:4318/',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces/otlp?x=1',
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=2',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=%2C%3D',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=of-attributes,team=ops',
    OTEL_SERVICE_NAME: 'gateway',
  })
  expect(warnings).toEqual([])
  expect(settings).toMatchObject({
    url: 'https://traces/otlp?x=1',
    headers: { a: '1', b: ',=' },
    resource: { 'service.name': 'gateway', team: 'ops' },
  })
})

test.each([
  ['always_on', undefined, 1, false],
  ['always_off', undefined, 0, false],
  ['traceidratio', '0.25', 0.25, false],
  ['parentbased_always_on', undefined, 1, true],
  ['parentbased_always_off', undefined, 0, true],
  ['parentbased_traceidratio', '0.1', 0.1, true],
])('the sampler %s %s', (OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, ratio, parentBased) => {
  const { settings, warnings } = readTracing({
    ...on,
    OTEL_TRACES_SAMPLER,
    OTEL_TRACES_SAMPLER_ARG,
  })
  expect(settings?.sampler).toEqual({ ratio, parentBased })
  expect(warnings).toEqual([])
})

test.each([
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', false],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json', false],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', SECRET, false],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `grpc://${SECRET}`, false],
  ['OTEL_TRACES_EXPORTER', 'zipkin', false],
  ['OTEL_TRACES_EXPORTER', 'zipkin,console', true],
  ['OTEL_EXPORTER_OTLP_HEADERS', `${SECRET}`, true],
  ['OTEL_EXPORTER_OTLP_HEADERS', `a=%${SECRET}`, true],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote', true],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5', true],
])('what cannot be done as it is wished is said, by its name alone: %s=%s', (name, value, isOn) => {
  const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }
  const { settings, warnings } = readTracing({ ...on, ...sampler, [name]: value })
  expect(settings !== undefined).toBe(isOn)
  expect(warnings).toEqual([expect.stringMatching(`^${name}: `)])
  expect(warnings.join()).not.toContain(SECRET)
})
