import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/core/event.ts'
import type { StoredDelivery } from '../../../src/core/ledger.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { createRedaction } from '../../../src/core/redact.ts'
import type { Store } from '../../../src/core/store.ts'
import { explainFor } from '../../../src/http/api/explain.ts'
import { previewsOf } from '../../../src/http/api/previews.ts'
import { shownDelivery } from '../../../src/http/api/shapes.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { accept, routingOf, START, settleAll } from '../../core/operations/setup.ts'
import { sampleEvent, sampleRaw } from '../../sample-event.ts'
import { settlement } from '../../stores/samples.ts'
import { openAdmin, plan } from './setup.ts'

const USER = 'b613t51g'

test('no answer tells what a redacted field holds', async () => {
  const admin = openAdmin({ redact: ['user_id', 'from', 'open_id'] })
  const long = '"id": 12345678901234567890.10'
  const raw = sampleRaw
    .replace('"id": "12345"', `${long}, "form": "[{\\"open_id\\":\\"ou_7d8a6e6d\\"}]"`)
    .replace('CREATE', 'DELETE')
  const event = sampleEvent({ id: 'a', raw })
  const owed = [{ sink: 'finance', orderKey: USER, claimMs: 0 }]
  await admin.store.accept([{ event, problems: [], owed }], START)
  await accept(admin, 'q', { problems: [`user_id: "${USER}" is not known`] })
  const [claimed] = await admin.store.claim({
    sink: 'finance',
    now: START,
    leaseMs: 1,
    limit: 1,
  })
  if (!claimed) throw new Error('nothing was due')
  const reason = `HTTP 400 for ou_7d8a6e6d`
  const settled = settlement(claimed, { state: 'dead', reason })
  const record = { ...settled.record, error: reason, response: `{"user_id": "${USER}", "x": 1}` }
  await admin.store.settle([{ ...settled, record }])
  const answers = [
    await admin.ask('/api/events'),
    await admin.ask('/api/events/a'),
    await admin.ask('/api/events/q'),
    await admin.ask('/api/deliveries'),
    await admin.ask('/api/explain?previews=true', { body: { id: 'a' } }),
    await admin.ask('/api/explain?previews=true', { body: event.data }),
  ]
  for (const { status, text } of answers) {
    expect(status).toBe(200)
    expect(text).not.toContain(USER)
    expect(text).not.toContain('ou_7d8a6e6d')
  }
  const [, one, quarantined] = answers
  // All else is to the letter.
  expect(one?.text).toContain(long)
  expect(one?.text).toContain('"user_id": "[redacted]"}, "token"')
  expect(quarantined?.body.problems).toEqual(['[redacted]'])
  expect(one?.body.deliveries[0]).toMatchObject({
    reason: '[redacted]',
    history: [{ error: '[redacted]', response: '[redacted]' }],
  })
})

test('an order key is hidden with its field, and where nobody knows its field any more', async () => {
  const keysOf = async (redact: readonly string[]) => {
    const admin = openAdmin({ redact })
    // `finance` is ordered by instance_code, `lake` is not, and `gone` has left the file.
    const owed = ['finance', 'lake', 'gone'].map((sink) => ({ sink, orderKey: 'I-7', claimMs: 0 }))
    await accept(admin, 'a', { owed })
    const { body } = await admin.ask('/api/deliveries')
    const items: { sink: string; order_key: string }[] = body.items
    return Object.fromEntries(items.map((one) => [one.sink, one.order_key]))
  }
  expect(await keysOf([])).toEqual({ finance: 'I-7', lake: 'I-7', gone: 'I-7' })
  const unknown = { lake: '[redacted]', gone: '[redacted]' }
  expect(await keysOf(['user_id'])).toEqual({ finance: 'I-7', ...unknown })
  expect(await keysOf(['instance_code'])).toEqual({ finance: '[redacted]', ...unknown })
})

test('an id that is the ref of another event does not uncover that one', async () => {
  const admin = openAdmin({ redact: ['user_id'] })
  await accept(admin, 'a', { owed: ['lake'] })
  await settleAll(admin.store, 'lake', { state: 'dead', reason: `no ${USER}` })
  await accept(admin, '1', { data: { user_id: 'another' } })
  const answers = [
    await admin.ask('/api/deliveries?event=a'),
    await admin.ask('/api/deliveries?event=ref:1'),
  ]
  for (const { body, text } of answers) {
    expect(body.items).toMatchObject([{ event: 'a', reason: '[redacted]' }])
    expect(text).not.toContain(USER)
  }
})

test('who knows the value still finds the event by it', async () => {
  const admin = openAdmin({ redact: ['user_id'] })
  await accept(admin, 'a')
  expect((await admin.ask(`/api/events?q=${USER}`)).body.items).toMatchObject([{ id: 'a' }])
})

test('the app and the tenant are hidden beside the body as well', async () => {
  const admin = openAdmin({ redact: ['app_id', 'tenant_key'] })
  await accept(admin, 'a')
  const { text, body } = await admin.ask('/api/events/a')
  expect(body).toMatchObject({ app_id: '[redacted]', tenant_key: '[redacted]' })
  expect(text).not.toContain('cli_a0000000000000ff')
})

test('why a route does not match tells of an event what people may see of it', () => {
  const form = JSON.stringify([{ id: 'w', user_id: USER }])
  const people = [{ name: '张' }, { name: '李四' }]
  const raw = JSON.stringify({ event: { user_id: { open_id: 'ou' }, from: '张', form, people } })
  const event = sampleEvent({ raw, data: JSON.parse(raw).event })
  const redact = createRedaction(['user_id', 'from', 'name'])
  const whyNot = (match: JsonObject) => {
    const routing = routingOf([{ name: 'one', to: ['lake'], match }])
    return explainFor({ ...plan, ...routing, sinks: plan.sinks, redact }, event, []).routes[0]?.why
  }
  const shown = '"[redacted]"'
  expect(whyNot({ from: ['x'] })).toBe(`from: ${shown} is not one of "x"`)
  expect(whyNot({ user_id: { open_id: ['x'] } })).toBe(
    'user_id.open_id: [redacted] is not one of "x"',
  )
  expect(whyNot({ user_id: { union_id: ['x'] } })).toBe('user_id.union_id: absent')
  expect(whyNot({ people: { name: ['x'] } })).toBe(
    `people.name: ${shown}, ${shown} is not one of "x"`,
  )
  expect(whyNot({ form: ['x'] })).toBe(
    'form: "[{\\"id\\":\\"w\\",\\"user_id\\":\\"[redacted]\\"}]" is not one of "x"',
  )
})

test('a preview is made of what people may see, so that nothing can be derived from the rest', async () => {
  const raw = JSON.stringify({ event: { user_id: 'ou_2026', operate: 'READ' } })
  const event = sampleEvent({ raw, data: JSON.parse(raw).event })
  const previewed = (preview: Plan['preview']) =>
    previewsOf({ ...plan, preview, redact: createRedaction(['user_id']) }, event, ['lake'])
  const bodies = await previewed(async (_, { data, raw }) => {
    const who = String(data.user_id)
    return JSON.stringify({ who: who.toUpperCase(), begins: who.slice(0, 4), count: 20261122, raw })
  })
  expect(JSON.parse(bodies.lake?.body ?? '')).toEqual({
    who: '[REDACTED]',
    begins: '[red',
    count: 20261122,
    raw: '{"event":{"user_id":"[redacted]","operate":"READ"}}',
  })
  const failed = await previewed(async (_, { data }) => {
    throw new Error(`no ${data.user_id}`)
  })
  expect(failed.lake).toEqual({ body: null, error: 'no [redacted]' })
})

test('a page of deliveries reads each of their events once, and few at a time', async () => {
  const store = openMemoryStore()
  const asked: string[] = []
  let [reading, most] = [0, 0]
  const event: Store['event'] = async (name) => {
    asked.push(JSON.stringify(name))
    most = Math.max(most, ++reading)
    await new Promise(setImmediate)
    reading--
    return store.event(name)
  }
  const admin = openAdmin({ store: { ...store, event }, redact: ['user_id'] })
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f'])
    await accept(admin, id, { owed: ['lake', 'finance', 'slow'] })
  for (const sink of ['lake', 'finance', 'slow']) {
    await settleAll(store, sink, { state: 'dead', reason: `no ${USER}` })
  }
  const { body } = await admin.ask('/api/deliveries?state=dead')
  expect(body.items.map(({ reason }: StoredDelivery) => reason)).toEqual(
    Array.from({ length: 18 }, () => '[redacted]'),
  )
  expect(asked).toEqual([6, 5, 4, 3, 2, 1].map((ref) => `{"ref":"${ref}"}`))
  expect(most).toBe(4)
})

test('of a delivery whose event is gone nobody can say what may be seen', async () => {
  const reason = `no ${USER}`
  const ledger = { event: async () => null }
  const dead = { ...deliveryOf(reason), orderKey: null }
  const hiding = { ...plan, redact: createRedaction(['user_id']) }
  expect(await shownDelivery(dead, hiding, ledger)).toMatchObject({ reason: '[redacted]' })
  expect(await shownDelivery(dead, plan, ledger)).toMatchObject({ reason })
  const ours = deliveryOf('HTTP 503')
  expect(await shownDelivery(ours, hiding, ledger)).toMatchObject({ reason: 'HTTP 503' })
})

function deliveryOf(reason: string): StoredDelivery {
  const times = { acceptedAt: START, dueAt: null, settledAt: START }
  const ids = { id: '1', eventId: 'a', eventRef: '1', sink: 'finance' }
  return { ...ids, ...times, state: 'dead', attempts: 1, inFlight: false, orderKey: null, reason }
}
