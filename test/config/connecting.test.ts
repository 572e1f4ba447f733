import { expect, test } from 'vitest'
import { feishu } from '../../src/sources/feishu.ts'
import { feishuWs } from '../../src/sources/feishu-ws.ts'
import { load, problemsOf, short } from './load-text.ts'

const sources = [feishu, feishuWs]
const APP = 'app_id: cli_a0000000000000ff, app_secret: x'
const OTHER = 'app_id: cli_b0000000000000ff, app_secret: x'
const textOf = (...lines: string[]) => `version: 1
sources:
${lines.map((line) => `  ${line}`).join('\n')}
sinks: { a: { type: log } }
routes: [{ name: a, to: [a] }]
`
const problems = async (...lines: string[]) =>
  (await problemsOf(textOf(...lines), { sources })).map(short)

test('a source that connects has no path, and may stand beside those that have', async () => {
  const lines = [`ws: { type: feishu-ws, ${APP} }`, `other: { type: feishu-ws, ${OTHER} }`]
  const http = 'http: { type: feishu, verification_token: x }'
  const config = await load(textOf(...lines, http), { sources })
  expect(config.sources.map(({ path }) => path)).toEqual([undefined, undefined, '/webhook/event'])
  const [ws] = config.sources
  expect(ws?.events).toEqual(['approval_cc'])
  expect(ws?.options).toMatchObject({ domain: 'https://open.feishu.cn', subscribe: false })
})

test('an app has one connection: a second source would take half of its events', async () => {
  const lines = [`ws: { type: feishu-ws, ${APP} }`, `two: { type: feishu-ws, ${APP} }`]
  const http = `http: { type: feishu, verification_token: x, ${APP} }`
  expect(await problems(http, ...lines)).toEqual([
    '5:35 sources.two.app_id: is the app_id of ws too, and Feishu gives each event to only one of the two: keep one of them',
  ])
})

test.each([
  [`ws: { type: feishu-ws, ${APP}, path: /hook }`, 'sources.ws.path: unknown key'],
  [`ws: { type: feishu-ws, ${APP}, path: /a/../b }`, 'sources.ws.path: unknown key'],
  [
    `ws: { type: feishu-ws, ${APP}, verification_token: x }`,
    'sources.ws.verification_token: unknown key',
  ],
  ['ws: { type: feishu-ws, app_secret: x }', 'sources.ws.app_id: is required'],
  [
    'ws: { type: feishu-ws, app_id: cli_1, app_secret: x }',
    'sources.ws.app_id: must look like cli_',
  ],
  [`ws: { type: feishu-ws, ${APP}, domain: open.feishu.cn }`, 'sources.ws.domain: must be'],
])('%s', async (line, problem) => {
  expect(await problems(line)).toEqual([expect.stringContaining(problem)])
})

test('what a connection does not hang on is no part of its fingerprint', async () => {
  const fingerprintOf = async (more: string) => {
    const { sources: read } = await load(textOf(`ws: { type: feishu-ws, ${APP}${more} }`), {
      sources,
    })
    return read[0]?.fingerprint
  }
  expect(await fingerprintOf(', events: "*"')).toBe(await fingerprintOf(''))
  expect(await fingerprintOf(', subscribe: true')).not.toBe(await fingerprintOf(''))
})
