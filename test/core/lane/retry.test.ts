import { describe, expect, test } from 'vitest'
import { afterFailure, leaseMsOf } from '../../../src/core/lane/retry.ts'
import { settings as anySettings } from '../../settings.ts'

const policy = { waits: [5000, 15_000], jitter: 0.2, quick: 2 }
const failed = { attempt: 1, message: 'HTTP 503', failure: {} }
const DAY = 24 * 60 * 60 * 1000

describe('after a failed attempt', () => {
  test.each([
    ['the first wait', { ...failed }, 0, 5000],
    ['the second wait', { ...failed, attempt: 2 }, 0, 15_000],
    ['stretched by the jitter', { ...failed }, 0.5, 5500],
    ['Retry-After is a floor', { ...failed, failure: { retryAfterMs: 60_000 } }, 0, 60_000],
    ['and no ceiling', { ...failed, failure: { retryAfterMs: 1 } }, 0, 5000],
    ['believed up to a day', { ...failed, failure: { retryAfterMs: 9 * DAY } }, 0, DAY],
  ])('%s', (_, failure, random, waitMs) => {
    const outcome = afterFailure(policy, failure, 1000, random)
    expect(outcome).toEqual({ state: 'pending', dueAt: 1000 + waitMs })
  })

  test('there are as many attempts as waits, and one more', () => {
    const outcome = afterFailure(policy, { ...failed, attempt: 3 }, 0, 0)
    expect(outcome).toEqual({ state: 'dead', reason: 'gave up after 3 attempts: HTTP 503' })
  })

  test('a permanent failure is dead at once', () => {
    const outcome = afterFailure(policy, { ...failed, failure: { permanent: true } }, 0, 0)
    expect(outcome).toEqual({ state: 'dead', reason: 'HTTP 503' })
  })
})

test('a lease covers every quick try, their waits and a margin', () => {
  const settings = { ...anySettings, timeoutMs: 10_000, retry: policy }
  expect(leaseMsOf(settings)).toBe(3 * 10_000 + 100 + 200 + 30_000)
  const many = { ...settings, retry: { ...policy, quick: 100 } }
  expect(leaseMsOf(many)).toBe(101 * 10_000 + 100 + 200 + 400 + 800 + 96 * 1000 + 30_000)
})
