import { expect, test } from 'vitest'
import { readPasted } from '../../src/feishu/pasted.ts'
import { sampleEvent, sampleRaw } from '../sample-event.ts'

const unsaid = { id: 'an-id', now: 1_700_000_000_000 }
const data = { operate: 'READ', app_id: 'cli_1' }

test('a callback is read as it is', () => {
  const { via, ...event } = sampleEvent()
  const pasted = readPasted(JSON.parse(sampleRaw), { ...unsaid, type: 'another' })
  expect(pasted).toEqual({ event: { ...event, raw: expect.any(String) }, problems: [] })
  expect(JSON.parse(pasted.event.raw)).toEqual(JSON.parse(sampleRaw))
})

test('a callback of version 2 as well', () => {
  const header = { event_id: 'e', event_type: 'approval_task', tenant_key: 't', app_id: 'a' }
  const { event, problems } = readPasted({ schema: '2.0', header, event: data }, unsaid)
  const read = { id: 'e', type: 'approval_task', appId: 'a', tenantKey: 't', data }
  expect(event).toMatchObject({ ...read, time: unsaid.now })
  expect(problems).toEqual([])
})

test('what is wrong with a callback is said, and not mended', () => {
  const { event, problems } = readPasted({ type: 'event_callback', event: data }, unsaid)
  expect(event).toMatchObject({ id: '', type: '' })
  expect(problems).toHaveLength(2)
})

test.each([
  ['its event alone', data, 'approval_cc'],
  ['its event, which names its type', { ...data, type: 'approval_task' }, 'approval_task'],
  ['its event and its type', { event: data, type: 'approval_task' }, 'approval_task'],
  ['its event in an object', { event: data }, 'approval_cc'],
])('%s gets the envelope that it lacks, and nothing more', (_, value, type) => {
  const { event, problems } = readPasted(value, { ...unsaid, type: 'approval_cc' })
  expect(event).toMatchObject({ id: 'an-id', type, appId: 'cli_1', tenantKey: '' })
  expect(event.data).toEqual('event' in value ? value.event : value)
  expect(event.time).toBe(unsaid.now)
  expect(JSON.parse(event.raw).event).toEqual(event.data)
  expect(problems).toEqual([])
})
