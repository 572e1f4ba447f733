import { expect, test } from 'vitest'
import { createTally } from '../../src/core/tally.ts'
import { recordingLog } from '../log.ts'

test('what happens often is said once a second, with how often it has, whatever the clock does', () => {
  const log = recordingLog()
  let now = 10_000_000
  const tally = createTally({ now: () => now, log }, 'refused')
  for (let n = 0; n < 3; n++) tally()
  now += 1000
  tally()
  now -= 3_600_000
  tally()
  expect(log.lines).toEqual([
    'warn refused {"count":1}',
    'warn refused {"count":3}',
    'warn refused {"count":1}',
  ])
})
