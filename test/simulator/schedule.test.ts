import { expect, test } from 'vitest'
import { sampleCallback } from '../../src/cli/event-file.ts'
import { readEnvelope } from '../../src/feishu/envelope.ts'
import { orderKeyOf } from '../../src/simulator/order-key.ts'
import { atSpeed, createSchedule, type Sent } from '../../src/simulator/schedule.ts'

const OK = { status: 200, said: '' }
const BAD = { status: 500, said: 'no' }

/** A schedule whose waits take no time, and are written down. */
function openSchedule() {
  const waited: number[] = []
  const closed = new AbortController()
  const wait = async (ms: number) => void waited.push(ms)
  return { waited, closed, schedule: createSchedule(wait, closed.signal) }
}

/** Fails so many times, then succeeds. */
function failing(times: number, sent: string[] = [], name = '') {
  let left = times
  return async () => {
    sent.push(name)
    return left-- > 0 ? BAD : OK
  }
}

test('four more tries, after 15 s, 5 min, 1 h and 6 h', async () => {
  const { waited, schedule } = openSchedule()
  expect(await schedule(failing(9), undefined)).toEqual({
    outcome: 'given up',
    attempts: [BAD, BAD, BAD, BAD, BAD],
  })
  expect(waited).toEqual([15_000, 300_000, 3_600_000, 21_600_000])
})

test('none after a success', async () => {
  const { waited, schedule } = openSchedule()
  expect(await schedule(failing(2), undefined)).toEqual({
    outcome: 'delivered',
    attempts: [BAD, BAD, OK],
  })
  expect(waited).toEqual([15_000, 300_000])
})

test.each([204, 201, 302, undefined])('%s is no success', async (status) => {
  const { schedule } = openSchedule()
  const sent = await schedule(async () => ({ status, said: '' }), undefined)
  expect(sent.outcome).toBe('given up')
})

test('the next of one order is withheld until the one before succeeded or was given up', async () => {
  const { schedule } = openSchedule()
  const sent: string[] = []
  await Promise.all([
    schedule(failing(2, sent, 'a'), 'x'),
    schedule(failing(9, sent, 'b'), 'x'),
    schedule(failing(0, sent, 'c'), 'x'),
  ])
  expect(sent.join('')).toBe('aaabbbbbc')
})

test('another order, and none, wait for nobody', async () => {
  const { schedule } = openSchedule()
  const { promise: head, resolve } = Promise.withResolvers<typeof OK>()
  const sent: string[] = []
  const waiting = [schedule(() => head, 'x'), schedule(failing(0, sent, 'withheld'), 'x')]
  await schedule(failing(0, sent, 'other'), 'y')
  await schedule(failing(0, sent, 'none'), undefined)
  expect(sent).toEqual(['other', 'none'])
  resolve(OK)
  await Promise.all(waiting)
  expect(sent).toEqual(['other', 'none', 'withheld'])
})

test('closing ends what waits, and what is withheld is not sent', async () => {
  const closed = new AbortController()
  const schedule = createSchedule(atSpeed(1), closed.signal)
  const sent: string[] = []
  const reports: Promise<Sent>[] = [
    schedule(failing(9, sent, 'a'), 'x'),
    schedule(failing(9, sent, 'b'), 'x'),
  ]
  closed.abort()
  expect(await Promise.all(reports)).toEqual([
    { outcome: 'closed', attempts: [BAD] },
    { outcome: 'closed', attempts: [] },
  ])
  expect(sent).toEqual(['a'])
})

test('speed divides the waits', async () => {
  const startedAt = performance.now()
  await atSpeed(21_600_000 / 20)(21_600_000, new AbortController().signal)
  const tookMs = performance.now() - startedAt
  expect(tookMs).toBeGreaterThan(18)
  expect(tookMs).toBeLessThan(10_000)
})

function keyOf(event: object, more: object = {}) {
  const text = JSON.stringify({ ...sampleCallback(), event, ...more })
  return orderKeyOf(readEnvelope(JSON.parse(text), text))
}

test.each([
  [
    { type: 'approval_cc', app_id: 'a', tenant_key: 't', instance_code: 'i', approval_code: 'c' },
    'a t i',
  ],
  [{ type: 'approval_task', app_id: 'a', tenant_key: 't', instance_code: 'i' }, 'a t i'],
  [{ type: 'leave_approvalV2', app_id: 'a', tenant_key: 't', origin_instance_code: 'i' }, 'a t i'],
  [{ type: 'approval', app_id: 'a', tenant_key: 't', definition_code: 'd' }, 'a t d'],
  [{ type: 'message', app_id: 'a', tenant_key: 't', instance_code: 'i' }, undefined],
  [{ type: 'approval_cc', app_id: 'a', tenant_key: 't' }, undefined],
])('the order of %j is %s', (event, key) => {
  expect(keyOf(event)).toBe(key)
})

test('the order of a v2 event is that of its object', () => {
  const header = { event_type: 'approval.approval.updated_v4', app_id: 'a', tenant_key: 't' }
  const event = { object: { approval_code: 'c' } }
  expect(keyOf(event, { schema: '2.0', header })).toBe('a t c')
})
