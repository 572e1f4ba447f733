import { expect, test } from 'vitest'
import { createPauses } from '../../src/core/pauses.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { recordingLog } from '../log.ts'
import { live, START, scripted } from './lanes.ts'

test('what the store says while a pause is being written does not end that pause', async () => {
  const store = openMemoryStore()
  const { promise: asked, resolve: write } = Promise.withResolvers<void>()
  const slow = {
    ...store,
    async pause(pause: Parameters<typeof store.pause>[0]) {
      await asked
      await store.pause(pause)
    },
  }
  const sink = live('a', scripted().sink)
  const pauses = createPauses(slow, { now: () => START, log: recordingLog() }, () => {})
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual([])

  pauses.stop(sink)
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual(['receiver'])
  write()
  await expect.poll(() => store.pauses()).toHaveLength(1)
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual(['receiver'])
  await store.resume('a')
  await pauses.refresh('now')
  expect(pauses.of(sink)).toEqual([])
})
