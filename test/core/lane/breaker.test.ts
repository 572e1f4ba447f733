import { describe, expect, test } from 'vitest'
import { createBreaker } from '../../../src/core/lane/breaker.ts'

const SECOND = 1000

function setup(failures = 3) {
  const changes: string[] = []
  const breaker = createBreaker({ failures, cooldownMs: 30 * SECOND }, (state) =>
    changes.push(state),
  )
  const fail = (now: number, failure: object = { status: 503 }) =>
    breaker.failed(breaker.start(), failure, now)
  return { breaker, changes, fail }
}

describe('closed', () => {
  test.each([
    ['connection errors', { transient: true }, 'open'],
    ['timeouts', { unreachable: true }, 'open'],
    ['5xx answers', { status: 500 }, 'open'],
    ['5xx answers with Retry-After', { status: 503, retryAfterMs: 1000 }, 'open'],
    ['4xx answers', { status: 429 }, 'closed'],
    ['errors of a plugin that says no more', {}, 'closed'],
  ])('%s: %j', (_, failure, state) => {
    const { breaker, fail } = setup()
    for (let each = 0; each < 3; each++) fail(0, failure)
    expect(breaker.state(0)).toBe(state)
  })

  test('only consecutive failures count', () => {
    const { breaker, fail } = setup()
    fail(0)
    fail(0)
    breaker.succeeded(breaker.start())
    fail(0)
    fail(0)
    fail(0, { status: 400 })
    fail(0)
    fail(0)
    expect(breaker.state(0)).toBe('closed')
    fail(0)
    expect(breaker.state(0)).toBe('open')
  })
})

describe('open', () => {
  test('nothing is admitted until the cooldown is over, then one delivery', () => {
    const { breaker, fail, changes } = setup(1)
    fail(0)
    expect([breaker.state(0), breaker.admits(0), breaker.retryAt]).toEqual([
      'open',
      false,
      30 * SECOND,
    ])
    expect(breaker.admits(30 * SECOND - 1)).toBe(false)
    expect([breaker.state(30 * SECOND), breaker.admits(30 * SECOND)]).toEqual(['half-open', true])
    breaker.start()
    expect(breaker.admits(30 * SECOND)).toBe(false)
    expect(changes).toEqual(['open'])
  })

  test('what was under way when it opened says nothing any more', () => {
    const { breaker, fail, changes } = setup(1)
    const before = breaker.start()
    fail(0)
    breaker.succeeded(before)
    expect(breaker.state(1)).toBe('open')
    breaker.failed(before, { status: 500 }, 20 * SECOND)
    expect(breaker.retryAt).toBe(30 * SECOND)
    expect(breaker.isCurrent(before)).toBe(false)
    expect(changes).toEqual(['open'])
  })
})

test('a clock that is set back to before the opening ends it', () => {
  const { breaker, fail } = setup(1)
  fail(3_600_000)
  expect(breaker.state(0)).toBe('half-open')
})

describe('half-open', () => {
  test.each([
    ['a success closes it', undefined, 'closed'],
    ['an answer that refuses one event closes it', { status: 422 }, 'closed'],
    ['a failure opens it again, for another cooldown', { status: 502 }, 'open'],
  ])('%s', (_, failure, state) => {
    const { breaker, fail } = setup(1)
    fail(0)
    const trial = breaker.start()
    if (failure) breaker.failed(trial, failure, 40 * SECOND)
    else breaker.succeeded(trial)
    expect(breaker.state(40 * SECOND)).toBe(state)
    if (state === 'open') expect(breaker.retryAt).toBe(70 * SECOND)
  })
})
