import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchGuesses } from '../../../src/hosts/edge/watch-guesses.ts'
import { createGuesses } from '../../../src/http/guesses.ts'
import { openConsole, VIEWER_TOKEN } from '../../console/setup.ts'
import { ADMIN_TOKEN } from '../../http/api/setup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('an isolate lasts until a wrong token counts no more', () => {
  const guesses = createGuesses(Date.now, watchGuesses())
  for (let count = 0; count < 10; count++) {
    guesses.count('192.0.2.1')
    vi.advanceTimersByTime(1_000)
  }
  expect(vi.getTimerCount()).toBe(1)
  while (vi.getTimerCount() > 0) {
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersToNextTimer()
  }
  expect(guesses.refusedMs('192.0.2.1')).toBe(0)
})

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
const form = (token: string) => ({ method: 'POST', body: new URLSearchParams({ token }) })

test.each([
  ['a wrong token', 1, '/api/sinks', bearer('wrong')],
  ['a wrong token in the login form', 1, '/console/login', form('wrong')],
  ['a right token', 0, '/api/sinks', bearer(ADMIN_TOKEN)],
  ['a right token in the form', 0, '/console/login', form(VIEWER_TOKEN)],
  ['no token', 0, '/api/sinks', {}],
  ['no session', 0, '/console', {}],
])('%s keeps %i isolates', async (_, kept, path, init) => {
  const { admin } = openConsole({ guessed: watchGuesses() })
  await admin.request(path, init)
  expect(vi.getTimerCount()).toBe(kept)
})
