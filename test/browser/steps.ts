import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { words as deadWords } from '../../src/console/dead/words.ts'
import { outcomeWords } from '../../src/console/event/outcome-words.ts'
import { words as eventWords } from '../../src/console/event/words.ts'
import { words as eventsWords } from '../../src/console/events/words.ts'
import { frameWords } from '../../src/console/frame-words.ts'
import type { Language } from '../../src/console/language.ts'
import { words as overviewWords } from '../../src/console/overview/words.ts'
import { liveWords } from '../../src/console/parts/live-bar.ts'
import { words as routesWords } from '../../src/console/routes/words.ts'
import { words as sinkWords } from '../../src/console/sink/words.ts'
import type { Section } from '../../src/console/visit.ts'

/** What stands on the pages, in one language. */
export function wordsIn(language: Language) {
  return {
    frame: frameWords[language],
    overview: overviewWords[language],
    events: eventsWords[language],
    event: { ...eventWords[language], outcomes: outcomeWords[language] },
    live: liveWords[language],
    dead: deadWords[language],
    sink: sinkWords[language],
    routes: routesWords[language],
  }
}

export type PageWords = ReturnType<typeof wordsIn>

/** Fills in the token; the page after that is whatever it leads to. */
export async function logIn(page: Page, { frame }: PageWords, token: string): Promise<void> {
  await page.getByLabel(frame.login.token).fill(token)
  await page.getByRole('button', { name: frame.login.submit }).click()
}

/** By the navigation. */
export async function goTo(page: Page, { frame }: PageWords, section: Section): Promise<void> {
  const name = frame.sections[section]
  await page.getByRole('navigation', { name: frame.navigation }).getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
}

/** What became of an event at one sink, on the event's page. */
export function outcomeAt(page: Page, sink: string): Locator {
  const name = page.getByRole('heading', { level: 3, name: sink, exact: true })
  return page.getByRole('listitem').filter({ has: name })
}

/** Its words, however its markup is laid out. */
export async function textOf(locator: Locator): Promise<string> {
  return ((await locator.textContent()) ?? '').replaceAll(/\s+/g, ' ').trim()
}

/** Loads the page anew until something is on it. */
export async function reloadUntil(page: Page, seen: Locator): Promise<void> {
  await expect.poll(async () => (await page.reload()) && (await seen.count())).toBeGreaterThan(0)
}
