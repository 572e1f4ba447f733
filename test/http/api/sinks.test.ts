import { expect, test } from 'vitest'
import { accept, START, settleAll } from '../../core/operations/setup.ts'
import { openAdmin } from './setup.ts'

type Sinks = { readonly [name: string]: { readonly [key: string]: unknown } }

async function sinksOf(ask: ReturnType<typeof openAdmin>['ask']): Promise<Sinks> {
  const { body } = await ask('/api/sinks')
  return Object.fromEntries(body.items.map((sink: { name: string }) => [sink.name, sink]))
}

test('sinks show what they are owed and how they are doing, those of the file first', async () => {
  const admin = openAdmin()
  admin.lanes.push({
    sink: 'lake',
    pausedBy: [],
    breaker: 'half-open',
    breakerUntil: null,
    ready: true,
    inFlight: 2,
    deliveredPerMinute: 120,
    failedPerMinute: 3,
  })
  await accept(admin, 'dead', { owed: ['lake'] })
  await settleAll(admin.store, 'lake', { state: 'dead', reason: 'HTTP 500' })
  await accept(admin, 'a', { owed: ['lake', 'gone'] })
  const sinks = await sinksOf(admin.ask)
  expect(Object.keys(sinks)).toEqual(['lake', 'finance', 'slow', 'gone'])
  expect(sinks.lake).toEqual({
    name: 'lake',
    type: 'log',
    configured: true,
    paused: false,
    paused_by: [],
    breaker: 'half-open',
    ready: true,
    in_flight: 2,
    backlog: 1,
    dead: 1,
    oldest_pending_at: '2026-11-22T09:30:00.000Z',
    rate_limit: '100/s',
    order_by: null,
    delivered_per_minute: 120,
    failed_per_minute: 3,
  })
  expect(sinks.finance).toMatchObject({ rate_limit: '10/m', order_by: 'instance_code', backlog: 0 })
  expect(sinks.slow).toMatchObject({ paused: true, paused_by: ['file'] })
  expect(sinks.gone).toMatchObject({ configured: false, type: null, backlog: 1, rate_limit: null })
})

test('a pause by an operator and one by the receiver end together, that of the file stands', async () => {
  const { ask, store, woken } = openAdmin()
  const receiver = { by: 'receiver', at: START } as const
  await store.pause({ sink: 'slow', ...receiver, options: 'slow-fingerprint'.slice(0, 8) })
  await store.pause({ sink: 'lake', ...receiver, options: 'as it was before' })
  const paused = await ask('/api/sinks/slow/pause', { method: 'POST' })
  expect(paused.status).toBe(200)
  expect(paused.body.paused_by.sort()).toEqual(['file', 'operator', 'receiver'])
  expect(woken()).toBe(1)
  const resumed = await ask('/api/sinks/slow/resume', { method: 'POST' })
  expect(resumed.body).toMatchObject({ name: 'slow', paused: true, paused_by: ['file'] })
  expect(woken()).toBe(2)
  expect((await sinksOf(ask)).lake).toMatchObject({ paused: false, paused_by: [] })
})

test('a sink that has left the file can be paused, and what it is owed discarded', async () => {
  const admin = openAdmin()
  await accept(admin, 'a', { owed: ['gone', 'lake'] })
  const paused = await admin.ask('/api/sinks/gone/pause', { method: 'POST' })
  expect(paused.body).toMatchObject({ configured: false, paused_by: ['operator'] })
  const headers = { 'X-Actor': 'alice' }
  const discarded = await admin.ask('/api/sinks/gone/discard', { body: {}, headers })
  expect(discarded.body).toEqual({ discarded: 1 })
  const { body } = await admin.ask('/api/deliveries?sink=gone')
  expect(body.items).toMatchObject([{ state: 'dead', reason: 'discarded by api alice' }])
  expect((await sinksOf(admin.ask)).lake).toMatchObject({ backlog: 1, dead: 0 })
})
