import { expect, test } from 'vitest'
import { loadForBuild, start } from './bundled-text.ts'
import { load, short } from './load-text.ts'

const head = `version: 1
sources: { feishu: { type: feishu, verification_token: x } }
sinks: { a: { type: log }, ops: { type: log }, chat: { type: log, paused: true } }
routes: [{ name: all, to: [a] }]
`

const all = ['delivery.dead', 'breaker.opened', 'config.rejected', 'event.quarantined']

test.each([
  ['', null],
  ['alerts: { to: [ops] }', { to: ['ops'], events: all, everyMs: 300_000 }],
  [
    'alerts: { to: [ops, a, ops], events: [event.quarantined, delivery.dead], every: 1h }',
    { to: ['ops', 'a'], events: ['delivery.dead', 'event.quarantined'], everyMs: 3_600_000 },
  ],
])('%s, on Node and at the edge', async (text, alerts) => {
  expect((await load(head + text)).alerts).toEqual(alerts)
  expect((await start(head + text)).alerts).toEqual(alerts)
})

test('a sink for alerts needs no route, but what is paused waits', async () => {
  const { warnings } = await load(`${head}alerts: { to: [ops, chat] }\n`)
  expect(warnings.map(short)).toEqual([
    '5:21 alerts.to.1: chat is paused: alerts wait until it is not',
  ])
})

test('at the edge nothing of it may come from outside', async () => {
  await expect(loadForBuild(`${head}alerts: { to: ["\${TOKEN}"] }\n`)).rejects.toThrow(
    'alerts.to.0: must be written out',
  )
})
