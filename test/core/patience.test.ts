import { expect, test } from 'vitest'
import { createPatience } from '../../src/core/patience.ts'
import { silentLog } from '../log.ts'

test('as many wait for the store as there is room for, and those beyond are answered at once', async () => {
  const inTime = createPatience(silentLog)
  const { promise: stored, resolve: store } = Promise.withResolvers<void>()
  let asked = 0
  const task = () => {
    asked++
    return stored
  }
  const waiting = Array.from({ length: 4096 }, () => inTime(task))
  await expect(inTime(task)).rejects.toMatchObject({
    status: 503,
    headers: { 'Retry-After': '15' },
  })
  expect(asked).toBe(4096)
  store()
  await Promise.all(waiting)
  await inTime(task)
  expect(asked).toBe(4097)
})
