import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { openAdmin } from './setup.ts'

interface Case {
  readonly get?: string
  readonly post?: string
  readonly body?: unknown
  readonly status: number
  readonly paths?: readonly string[]
  readonly allow?: string
}

const file = new URL('../../fixtures/api-problems.yaml', import.meta.url)
const cases: readonly Case[] = parse(readFileSync(file, 'utf8'))

test.each(cases)('$get$post $body: $status', async (wrong) => {
  const { ask, store } = openAdmin()
  const answer = await ask(wrong.get ?? wrong.post ?? '', { body: wrong.body })
  expect(answer.status).toBe(wrong.status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.headers.get('allow') ?? undefined).toBe(wrong.allow)
  const errors: readonly { path: string; message: string }[] | undefined = answer.body.errors
  expect(errors?.map(({ path }) => path)).toEqual(wrong.paths)
  for (const { message } of errors ?? []) expect(answer.body.detail).toContain(message)
  expect((await store.audit({ limit: 1 })).items).toEqual([])
})

test('a body that is no JSON, or too large, is refused', async () => {
  const { ask } = openAdmin()
  const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
  expect(await ask('/api/replay', { body: 'since=0', ...form })).toMatchObject({ status: 415 })
  const large = JSON.stringify({ ids: ['x'.repeat(1024 * 1024)] })
  expect(await ask('/api/deliveries/retry', { body: large })).toMatchObject({ status: 413 })
  const charset = { headers: { 'Content-Type': 'application/json; charset=utf-8' } }
  const body = { ids: ['1'] }
  expect(await ask('/api/deliveries/retry', { body, ...charset })).toMatchObject({ status: 200 })
})

test('a store that fails is a 500 that says nothing of it', async () => {
  const fail = () => Promise.reject(new Error('disk full: /data/x.db'))
  const { ask, log } = openAdmin({ store: { ...openMemoryStore(), events: fail } })
  const answer = await ask('/api/events')
  expect(answer.status).toBe(500)
  expect(JSON.stringify(answer.body)).not.toContain('disk')
  expect(log.lines.join()).toContain('disk full')
})
