import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { inBrowser } from './browser.ts'
import { ADMIN_TOKEN, type Desk, openDesk } from './gateway.ts'
import { logIn, outcomeAt, wordsIn } from './steps.ts'

const { test, openPage } = inBrowser()
const w = wordsIn('en')

async function enter(page: Page): Promise<void> {
  await page.goto('/console')
  await logIn(page, w, ADMIN_TOKEN)
  await page.getByRole('heading', { level: 1, name: w.frame.sections.overview }).waitFor()
}

/** Until the page has been taken anew. */
async function renewed(page: Page): Promise<void> {
  const answer = page.waitForResponse((response) => response.request().resourceType() === 'fetch')
  await (await answer).finished()
}

function focused(page: Page): Promise<string> {
  return page.evaluate('document.activeElement.getAttribute("href") ?? document.activeElement.id')
}

test('an event’s page follows a retry to its end, and what was said of the form goes', async () => {
  await using desk = await openDesk()
  await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
  const { page, faults } = watched
  await enter(page)
  await desk.send('CREATE')
  await page.goto('/console/events/1')
  await outcomeAt(page, 'finance').getByText(w.event.outcomes.state.dead).waitFor()
  await outcomeAt(page, 'finance')
    .getByRole('button', { name: w.event.outcomes.remedy.retry })
    .click()
  await outcomeAt(page, 'finance').getByText(w.event.outcomes.state.delivered).waitFor()
  await page.getByRole('status').getByText(w.event.ended).waitFor()
  expect(await page.locator('[data-refresh]').count()).toBe(0)
  expect(faults).toEqual([])
})

test('the focus stays while the page is taken anew', async () => {
  await using desk = await openDesk()
  await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
  const { page } = watched
  await enter(page)
  await desk.send('CREATE')
  await page.getByRole('link', { name: 'approval_cc CREATE' }).waitFor()
  await page.locator('#overview a[href="/console/sinks/archive"]').first().focus()
  await desk.send('READ')
  await page.getByRole('link', { name: 'approval_cc READ' }).waitFor()
  expect(await focused(page)).toBe('/console/sinks/archive')

  await page.goto('/console/events')
  await page.getByRole('status').getByText(w.live.tail).waitFor()
  await page.locator('#events a[href="/console/events/1"]').focus()
  await desk.send('READ')
  await page.locator('#events a[href="/console/events/3"]').waitFor()
  // Its row came by itself, and so differs from the server's.
  const anew = renewed(page)
  await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
  await anew
  await page.getByRole('status').getByText(w.live.tail).waitFor()
  expect(await focused(page)).toBe('/console/events/1')
})

test('a page says of what moment it is, that the gateway is away, that the session is over', async () => {
  const desk: Desk = await openDesk()
  try {
    await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
    const { page } = watched
    await enter(page)
    await page.goto('/console/sinks')
    const status = page.getByRole('status')
    await status.getByText(w.live.fresh, { exact: true }).waitFor()
    expect(await page.locator('#live time').textContent()).toMatch(/^\d\d:\d\d:\d\d$/)
    await page.context().clearCookies()
    await status.getByText(w.live.out).waitFor()
    await desk.gateway[Symbol.asyncDispose]()
    await status.getByText(w.live.away).waitFor()
  } finally {
    await desk[Symbol.asyncDispose]()
  }
})

test('the list says at once what becomes of its events, and the focus stays', async () => {
  await using desk = await openDesk()
  await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
  const { page } = watched
  await enter(page)
  await page.goto('/console/events')
  await page.getByRole('status').getByText(w.live.tail).waitFor()
  await desk.send('CREATE')
  const outcome = page.locator('#event-1 a.outcome')
  await outcome.getByText('1 dead').waitFor()
  await outcome.focus()
  await page.evaluate('document.querySelector("#event-1").dataset.kept = "yes"')
  const answer = await fetch(`${desk.gateway.adminUrl}/api/deliveries/retry`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: '{"filter":{}}',
  })
  expect(answer.status).toBe(200)
  await outcome.getByText('2 delivered').waitFor()
  expect(await focused(page)).toBe('/console/events/1#outcome')
  expect(await page.locator('#event-1[data-kept]').count()).toBe(1)
})

test('a list that shows something pending is taken anew, for of old events the server tells nothing', async () => {
  await using desk = await openDesk()
  await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
  const { page } = watched
  await page.clock.install()
  await enter(page)
  const operate = async (action: 'pause' | 'resume') => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const url = `${desk.gateway.adminUrl}/api/sinks/archive/${action}`
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(200)
  }
  await operate('pause')
  await desk.send('CREATE')
  await page.goto('/console/events')
  await page.getByRole('status').getByText(w.live.tail).waitFor()
  await page.locator('#event-1 a.outcome').getByText('1 pending').waitFor()
  // As one is that many others came after.
  await page.evaluate('document.querySelector("#event-1").id = "old"')
  await operate('resume')
  await page.clock.fastForward(30_000)
  await page.locator('#event-1 a.outcome').getByText('1 delivered').waitFor()
})

test('times and the fields of filters are of the reader’s own zone, which is named', async () => {
  await using desk = await openDesk()
  const zone = { language: 'en', timezoneId: 'Asia/Shanghai' } as const
  await using watched = await openPage(desk.gateway.adminUrl, zone)
  const { page } = watched
  await enter(page)
  await desk.send('CREATE')
  await page.goto('/console/events?since=2026-11-22T09:30')
  await page.getByRole('contentinfo').getByText('Asia/Shanghai').waitFor()
  const since = page.getByLabel('Accepted since (local time)')
  expect(await since.inputValue()).toBe('2026-11-22T17:30')
  await since.fill('2026-11-22T08:15')
  await page.getByRole('button', { name: w.events.find }).click()
  await page.waitForURL(/since=2026-11-22T00%3A15%3A00/)
  expect(await since.inputValue()).toBe('2026-11-22T08:15')
})
