import { expect, test } from 'vitest'
import { accept } from '../../core/operations/setup.ts'
import { sampleRaw } from '../../sample-event.ts'
import { openAdmin } from './setup.ts'

const callback = JSON.parse(sampleRaw)
const { event } = callback

test('routes are shown as they are written', async () => {
  const { body } = await openAdmin().ask('/api/routes')
  expect(body).toMatchObject({
    items: [
      { name: 'all', from: null, match: null, to: ['lake', 'finance'], enabled: true },
      { name: 'reads', match: { operate: 'READ' }, to: ['slow'] },
    ],
    next: null,
  })
})

test.each([
  ['a callback', callback],
  [
    'a callback of version 2',
    { schema: '2.0', header: { event_id: 'x', event_type: 'approval_cc' }, event },
  ],
  ['an event and its type', { event, type: 'approval_cc' }],
  ['an event alone', event],
])('%s is explained, and not stored', async (_, body) => {
  const { ask, store } = openAdmin()
  const answer = await ask('/api/explain', { body })
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({
    type: 'approval_cc',
    id: expect.stringMatching(/./),
    problems: [],
    routes: [
      { name: 'all', matches: true, why: null, to: ['lake', 'finance'] },
      { name: 'reads', matches: false, why: expect.stringContaining('"CREATE"'), to: ['slow'] },
    ],
    sinks: ['lake', 'finance'],
  })
  expect((await store.events({ order: 'newest first', limit: 1 })).items).toEqual([])
  expect((await store.audit({ limit: 1 })).items).toEqual([])
})

test('a stored event is explained by today’s rules', async () => {
  const admin = openAdmin()
  await accept(admin, 'a', { data: { operate: 'READ' } })
  await accept(admin, 'b', { data: { operate: 'DELETE' }, problems: ['as it was then'] })
  const explain = async (id: string) => (await admin.ask('/api/explain', { body: { id } })).body
  expect(await explain('a')).toMatchObject({
    id: 'a',
    problems: [],
    sinks: ['lake', 'finance', 'slow'],
  })
  expect(await explain('b')).toMatchObject({
    problems: ['operate: must be CREATE or READ'],
    sinks: [],
  })
})

test('a stored event is named by its ref or its id, and the one is not taken for the other', async () => {
  const admin = openAdmin()
  await accept(admin, 'a')
  await accept(admin, '1')
  const idOf = async (name: object) => {
    const { status, body } = await admin.ask('/api/explain', { body: name })
    return status === 200 ? body.id : status
  }
  expect(await idOf({ ref: '1' })).toBe('a')
  expect(await idOf({ id: '1' })).toBe('1')
  expect(await idOf({ ref: 'a' })).toBe(404)
  expect(await idOf({ id: '2' })).toBe(404)
})

test('previews are there for who asks', async () => {
  const { ask } = openAdmin()
  const { body } = await ask('/api/explain?previews=true', { body: event })
  expect(Object.keys(body.previews)).toEqual(['lake', 'finance'])
})

test.each([
  ['/api/explain', {}, ['']],
  ['/api/explain', { encrypt: 'FIAfJPGRmFZWkaxPQ1XrJZVbv2Jw' }, ['encrypt']],
  ['/api/explain?previews=1', { id: 'a' }, ['previews']],
  ['/api/explain?sink=lake', { id: 'a' }, ['sink']],
])('what cannot be explained is refused: %s', async (path, body, paths) => {
  const answer = await openAdmin().ask(path, { body })
  expect(answer.status).toBe(400)
  expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual(paths)
})

const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

test.each([
  ['an event alone', { list: nested(10_000) }],
  ['an event and its type', { type: 'approval_cc', event: { list: nested(10_000) } }],
  ['a callback', { ...callback, event: { ...event, list: nested(10_000) } }],
  ['its envelope', { ...callback, header: nested(10_000) }],
])('what is nested too deeply is refused: %s', async (_, body) => {
  const answer = await openAdmin().ask('/api/explain?previews=true', { body: deepText(body) })
  expect(answer.status).toBe(400)
  expect(answer.body.errors).toEqual([{ path: '', message: 'is nested deeper than 1000 levels' }])
})

test('what is nested deeply, and not too deeply, would be quarantined', async () => {
  const body = deepText({ ...callback, event: { ...event, list: nested(998) } })
  const answer = await openAdmin({ redact: ['user_id'] }).ask('/api/explain?previews=true', {
    body,
  })
  expect(answer.status).toBe(200)
  expect(answer.body.problems).toEqual(['event: nested deeper than 100 levels'])
})

/** JSON.stringify has no stack for that. */
function deepText(value: unknown): string {
  if (Array.isArray(value)) {
    let levels = 1
    for (let list = value; list.length > 0; list = list[0]) levels++
    return '['.repeat(levels) + ']'.repeat(levels)
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([key, one]) => `${JSON.stringify(key)}:${deepText(one)}`,
  )
  return `{${members.join()}}`
}
