import { existsSync } from 'node:fs'
import process from 'node:process'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, test } from 'vitest'
import type { Language } from '../../src/console/language.ts'

/** `required`: a browser that is missing fails. `present`: what needs it is skipped, by name. */
const mode = process.env.BROWSER
const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const missing =
  mode === undefined
    ? '`npm run test:browser` opens one'
    : existsSync(PROGRAM)
      ? undefined
      : `no browser at ${PROGRAM}: apt-get install chromium fonts-noto-cjk, or name one by CHROMIUM`

const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' }

/** A page, and what went wrong on it so far, which nobody sees. */
export interface Watched extends AsyncDisposable {
  readonly page: Page
  /** What scripts threw or the browser refused, and addresses elsewhere that were asked for. */
  readonly faults: string[]
}

export interface PageOptions {
  readonly language: Language
  readonly scripts?: boolean
  /** Where the reader is; by default where the tests are. */
  readonly timezoneId?: string
}

/** Tests that need a browser, which is opened for all of this file's. */
export function inBrowser() {
  let browser: Browser | undefined
  const isSkipped = missing !== undefined && mode !== 'required'
  beforeAll(async () => {
    if (isSkipped) return
    if (missing !== undefined) throw new Error(missing)
    const { chromium } = await import('playwright-core')
    browser = await chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS })
  })
  afterAll(() => browser?.close())
  return {
    test: (title: string, run: () => Promise<void>) =>
      test.skipIf(isSkipped)(
        missing === undefined ? title : `${title}: SKIPPED, ${missing}`,
        { timeout: 600_000 },
        run,
      ),
    /** A page of its own, without a cookie, for a gateway at `url`. */
    openPage: (
      url: string,
      { language, scripts = true, ...more }: PageOptions,
    ): Promise<Watched> => {
      if (browser === undefined) throw new Error('no browser is open')
      return openPage(browser, url, {
        locale: LOCALES[language],
        javaScriptEnabled: scripts,
        ...more,
      })
    },
  }
}

const TIMEOUT_MS = 30_000

async function openPage(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions,
): Promise<Watched> {
  const context = await browser.newContext({ baseURL, ...options })
  const faults: string[] = []
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${baseURL}/`) && !url.startsWith('data:')) faults.push(`asked for ${url}`)
  })
  // What a Content-Security-Policy refuses is an error of the console, too.
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text())
  })
  context.on('weberror', (error) => void faults.push(String(error.error())))
  const page = await context.newPage()
  page.setDefaultTimeout(TIMEOUT_MS)
  return { page, faults, [Symbol.asyncDispose]: () => context.close() }
}
