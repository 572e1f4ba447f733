import { expect, test } from 'vitest'
import { accept } from '../core/operations/setup.ts'
import { openConsole } from './setup.ts'

type Console = ReturnType<typeof openConsole>
type Browser = ReturnType<Console['browse']>

async function open({ admin }: Console, { cookies }: Browser) {
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
  const { body } = await admin.request('/console/stream', { headers: { cookie } })
  return body?.pipeThrough(new TextDecoderStream()).getReader()
}

const HOUR_MS = 60 * 60 * 1000

test.for<[string, (opened: Console, browser: Browser) => unknown]>([
  ['logs out', (_, browser) => browser.submit('/console/logout', {}, '/console')],
  ['has been logged in for twelve hours', ({ clock }) => (clock.now += 12 * HOUR_MS)],
])('who %s is told no more by a stream that is open already', async ([_, end]) => {
  const opened = openConsole()
  const browser = opened.browse()
  await browser.logIn()
  const reader = await open(opened, browser)
  expect((await reader?.read())?.value).toMatch(/^retry: /)
  await accept(opened, 'before')
  const other = opened.browse()
  await other.logIn()
  // A newcomer makes the gateway look.
  await (await open(opened, other))?.cancel()
  expect((await reader?.read())?.value).toContain('event: row')
  await end(opened, browser)
  await accept(opened, 'after')
  await other.logIn()
  await (await open(opened, other))?.cancel()
  expect(await reader?.read()).toEqual({ done: true, value: undefined })
})
