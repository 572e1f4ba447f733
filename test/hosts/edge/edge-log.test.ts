import { expect, test } from 'vitest'
import { createEdgeLog } from '../../../src/hosts/edge/edge-log.ts'

function recording(level: string) {
  const lines: string[] = []
  return { log: createEdgeLog(level, (line) => lines.push(line)), lines }
}

test('a line has the level in numbers, the time, the fields and the message, as on Node', () => {
  const { log, lines } = recording('info')
  log.warn({ sink: 'a', error: 'HTTP 503' }, 'delivery failed')
  expect(lines[0]).toMatch(/^\{"level":40,"time":"\d{4}-\d\d-\d\dT[\d:.]+Z","sink":"a",.*\}$/)
  const line = { level: 40, time: expect.any(String), sink: 'a', error: 'HTTP 503' }
  expect(JSON.parse(lines[0] ?? '')).toEqual({ ...line, msg: 'delivery failed' })
})

test.each([
  ['trace', [20, 30, 40, 50]],
  ['debug', [20, 30, 40, 50]],
  ['info', [30, 40, 50]],
  ['error', [50]],
  ['fatal', []],
  ['silent', []],
])('LOG_LEVEL %s keeps levels %j', (level, expected) => {
  const { log, lines } = recording(level)
  log.debug({}, 'x')
  log.info({}, 'x')
  log.warn({}, 'x')
  log.error({}, 'x')
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(expected)
})

test('what JSON cannot carry does not throw', () => {
  const { log, lines } = recording('info')
  const loop: { self?: object } = {}
  loop.self = loop
  log.info(loop, 'still said')
  log.info({ big: 1n }, 'still said')
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['still said', 'still said'])
})
