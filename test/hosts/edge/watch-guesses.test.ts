import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchGuesses } from '../../../src/hosts/edge/watch-guesses.ts'
import { createGuesses } from '../../../src/http/guesses.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const url = 'https://x.example/api/sinks'
const guess = new Request(url, { headers: { Authorization: 'Bearer wrong' } })
const refused = () => new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } })

test('an isolate lasts until a wrong token counts no more', () => {
  const watch = watchGuesses()
  const guesses = createGuesses(Date.now)
  for (let count = 0; count < 10; count++) {
    guesses.count('192.0.2.1')
    watch(guess, refused())
    vi.advanceTimersByTime(1_000)
  }
  expect(vi.getTimerCount()).toBe(1)
  while (vi.getTimerCount() > 0) {
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersToNextTimer()
  }
  expect(guesses.refusedMs('192.0.2.1')).toBe(0)
})

test.each([
  ['a right token', guess, new Response()],
  ['no token', new Request(url), refused()],
  ['a callback that is not authentic', guess, new Response(null, { status: 401 })],
])('%s keeps no isolate', (_, request, answer) => {
  watchGuesses()(request, answer)
  expect(vi.getTimerCount()).toBe(0)
})
