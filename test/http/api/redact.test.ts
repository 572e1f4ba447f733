import { expect, test } from 'vitest'
import { accept, START } from '../../core/operations/setup.ts'
import { sampleEvent, sampleRaw } from '../../sample-event.ts'
import { settlement } from '../../stores/samples.ts'
import { openAdmin } from './setup.ts'

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
    await admin.ask('/api/explain?previews=true', { body: { ref: 'a' } }),
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
  expect(quarantined?.body.problems).toEqual(['user_id: "[redacted]" is not known'])
  expect(one?.body.deliveries[0]).toMatchObject({
    reason: 'HTTP 400 for [redacted]',
    history: [{ response: '{"user_id": "[redacted]", "x": 1}' }],
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
