import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { callbackOf } from '../serve.ts'
import { inBrowser } from './browser.ts'
import { ADMIN_TOKEN, APPROVAL, type Desk, openDesk, VIEWER_TOKEN } from './gateway.ts'
import { goTo, logIn, outcomeAt, type PageWords, reloadUntil, textOf, wordsIn } from './steps.ts'

const { test, openPage } = inBrowser()

/** Somebody at a page of the console. */
interface Visitor {
  readonly page: Page
  readonly w: PageWords
  readonly desk: Desk
  /** Whether pages change by themselves. */
  readonly isLive: boolean
}

for (const language of ['en', 'zh'] as const) {
  for (const scripts of [true, false]) {
    test(`from a wrong token to logging out, in ${language}${scripts ? '' : ', without JavaScript'}`, async () => {
      await using desk = await openDesk()
      await using watched = await openPage(desk.gateway.adminUrl, { language, scripts })
      const { page, faults } = watched
      const visitor = { page, w: wordsIn(language), desk, isLive: scripts }
      await logInAtLast(visitor)
      // The browser says so by itself.
      expect(faults.splice(0).filter((fault) => !fault.includes('status of 401'))).toEqual([])
      expect(await page.locator('html').getAttribute('lang')).toBe(
        { en: 'en', zh: 'zh-CN' }[language],
      )
      await seeWhyNot(visitor)
      await retryDeadLetter(visitor)
      await pauseAndResume(visitor)
      await tryEvents(visitor)
      // So it does of the answer to what is no JSON.
      expect(faults.filter((fault) => !fault.includes('status of 400'))).toEqual([])
      await logOut(visitor)
    })
  }
}

async function logInAtLast({ page, w }: Visitor): Promise<void> {
  await page.goto('/console')
  await logIn(page, w, 'not-the-token')
  await page.getByRole('alert').getByText(w.frame.login.wrong).waitFor()
  await logIn(page, w, ADMIN_TOKEN)
  await page.getByRole('heading', { level: 1, name: w.frame.sections.overview }).waitFor()
}

/** An event arrives, and its page says why finance has not got it. */
async function seeWhyNot({ page, w, desk, isLive }: Visitor): Promise<void> {
  await goTo(page, w, 'events')
  await page.getByText(w.events.none).waitFor()
  if (isLive) await page.getByRole('status').getByText(w.live.tail).waitFor()
  const id = await desk.send('READ')
  const row = page.getByRole('row').filter({ hasText: id })
  if (isLive) await row.waitFor()
  else await reloadUntil(page, row)
  await row.getByRole('link').first().click()
  await page.getByRole('heading', { level: 1, name: 'approval_cc READ' }).waitFor()
  const finance = await textOf(outcomeAt(page, 'finance'))
  expect(finance).toContain(w.event.outcomes.state.none)
  expect(finance).toContain('finance-created')
  expect(finance).toMatch(/operate.*READ/)
  const { delivered } = w.event.outcomes.state
  await reloadUntil(page, outcomeAt(page, 'archive').filter({ hasText: delivered }))
}

async function retryDeadLetter({ page, w, desk }: Visitor): Promise<void> {
  const id = await desk.send('CREATE')
  await goTo(page, w, 'dead')
  const row = page.getByRole('row').filter({ hasText: id })
  await reloadUntil(page, row)
  expect(await textOf(row)).toContain('500')
  await row.getByRole('button', { name: w.dead.retryOne(id) }).click()
  await page.getByRole('status').getByText(w.dead.done('1')).waitFor()
  await goTo(page, w, 'events')
  await page.getByRole('row').filter({ hasText: id }).getByRole('link').first().click()
  const { delivered } = w.event.outcomes.state
  await reloadUntil(page, outcomeAt(page, 'finance').filter({ hasText: delivered }))
  const ids = desk.finance.requests.map(({ body }) => JSON.parse(body).uuid)
  expect(ids).toEqual([id, id])
}

async function pauseAndResume({ page, w, desk }: Visitor): Promise<void> {
  await goTo(page, w, 'sinks')
  await page.getByRole('rowheader').getByRole('link', { name: 'finance' }).click()
  await page.getByRole('button', { name: w.sink.pause }).click()
  await page.getByRole('status').getByText(w.sink.paused).waitFor()
  const id = await desk.send('CREATE')
  const waiting = page.getByRole('row').filter({ hasText: id })
  await reloadUntil(page, waiting.filter({ hasText: w.sink.whenResumed }))
  expect(desk.finance.requests).toHaveLength(2)
  await page.getByRole('button', { name: w.sink.resume }).click()
  await page.getByRole('status').getByText(w.sink.resumed).waitFor()
  await reloadUntil(page, page.getByText(w.sink.noneWaiting))
  expect(JSON.parse(desk.finance.requests[2]?.body ?? '')).toMatchObject({ uuid: id })
}

async function tryEvents({ page, w }: Visitor): Promise<void> {
  await goTo(page, w, 'routes')
  const box = page.getByRole('textbox', { name: w.routes.tester })
  const submit = page.getByRole('button', { name: w.routes.submit })
  await box.fill('{\n  "uuid": }')
  await submit.click()
  await page.getByText(w.routes.notJson(2, 11)).waitFor()
  await box.fill(JSON.stringify(callbackOf({ approval_code: APPROVAL, operate: 'READ' })))
  await submit.click()
  const row = (name: string) => page.getByRole('row').filter({ hasText: name })
  await row('everything').getByText(w.routes.matches, { exact: true }).waitFor()
  expect(await textOf(row('finance-created'))).toMatch(/operate.*READ/)
  const owedTo = page.getByRole('term').filter({ hasText: w.routes.owedTo })
  expect(await textOf(owedTo.locator('xpath=following-sibling::dd[1]'))).toBe('archive')
  // What archive would be sent is what the box held.
  expect(await textOf(page.getByRole('region', { name: 'archive' }))).toContain(APPROVAL)
}

async function logOut({ page, w }: Visitor): Promise<void> {
  await page.getByRole('button', { name: w.frame.logOut }).click()
  await page.getByRole('heading', { level: 1, name: w.frame.login.title }).waitFor()
  await page.goto('/console/sinks')
  expect(new URL(page.url()).pathname).toBe('/console/login')
}

test('in fewer than six clicks: why an approval of which only the instance is known has not reached finance', async () => {
  await using desk = await openDesk()
  const instance = '9A0E7F2C-4A5D-4E6B-8B1F-2D3C4B5A6978'
  for (let n = 0; n < 60; n++) await desk.send('CREATE')
  await desk.send('READ', { instance_code: instance })
  for (let n = 0; n < 60; n++) await desk.send('CREATE')
  await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
  const { page } = watched
  const w = wordsIn('en')
  await page.goto('/console')
  await logIn(page, w, ADMIN_TOKEN)
  await page.getByRole('heading', { level: 1, name: w.frame.sections.overview }).waitFor()

  let clicks = 0
  await page.exposeFunction('countClick', () => void clicks++)
  await page.addInitScript("addEventListener('click', () => countClick(), true)")
  await page.reload()
  const box = page.getByRole('searchbox')
  await box.click()
  await box.fill(instance)
  await page.getByRole('button', { name: w.overview.find }).click()
  await page.getByRole('row').filter({ hasText: instance }).getByRole('link').first().click()
  const finance = outcomeAt(page, 'finance')
  await finance.waitFor()
  expect(await textOf(finance)).toMatch(/finance-created does not match: operate.*READ/)
  expect(clicks).toBeGreaterThan(0)
  expect(clicks).toBeLessThan(6)
})

test('a viewer sees every page, and no button that changes anything', async () => {
  await using desk = await openDesk()
  await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
  const { page, faults } = watched
  const w = wordsIn('en')
  const dead = await desk.send('CREATE')
  await desk.send('SHRED')
  await page.goto('/console')
  await logIn(page, w, VIEWER_TOKEN)
  await page.getByText(w.frame.viewer, { exact: true }).waitFor()
  const buttons = async () => {
    const posting = await page.locator('form[method=post] button').allTextContents()
    return posting.filter((text) => ![w.frame.logOut, w.routes.submit].includes(text))
  }
  const seen: string[] = []
  const look = async () => {
    seen.push(new URL(page.url()).pathname)
    expect(await buttons()).toEqual([])
  }
  for (const section of ['overview', 'events', 'dead', 'sinks', 'routes', 'problems'] as const) {
    await goTo(page, w, section)
    await look()
  }
  await goTo(page, w, 'dead')
  await reloadUntil(page, page.getByRole('row').filter({ hasText: dead }))
  await look()
  await page.getByRole('row').filter({ hasText: dead }).getByRole('link').first().click()
  await outcomeAt(page, 'finance').getByText(w.event.outcomes.state.dead).waitFor()
  await look()
  await goTo(page, w, 'sinks')
  await page.getByRole('rowheader').getByRole('link', { name: 'finance' }).click()
  await page.getByRole('heading', { level: 1, name: 'finance' }).waitFor()
  await look()
  await goTo(page, w, 'routes')
  await page.getByRole('textbox', { name: w.routes.tester }).fill(JSON.stringify(callbackOf()))
  await page.getByRole('button', { name: w.routes.submit }).click()
  await page.getByRole('heading', { name: w.routes.result }).waitFor()
  await look()
  expect(seen).toHaveLength(10)
  expect(faults).toEqual([])
})
