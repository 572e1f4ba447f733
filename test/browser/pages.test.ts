import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Language } from '../../src/console/language.ts'
import { inBrowser, type Watched } from './browser.ts'
import { ADMIN_TOKEN, type Desk, openDesk } from './gateway.ts'
import { logIn, wordsIn } from './steps.ts'

const { test, openPage } = inBrowser()

const LONG_NAME = 'a-name-that-is-rather-long-and-has-no-end-to-it-for-a-long-time'

/** Beside those of the desk: what a sink can say of itself, names that are long, and more than a screen has room for. */
const SINKS = `  held: { type: webhook, url: "http://127.0.0.1:9", paused: true, order_by: instance_code, rate_limit: 10/s, headers: { Authorization: "a secret" } }
  ${LONG_NAME}: { type: log }
${Array.from({ length: 20 }, (_, n) => `  log-${n}: { type: log }\n`).join('')}`
const ROUTES = `  - { name: to-held, match: { operate: CREATE }, to: [held] }
  - { name: ${LONG_NAME}, enabled: false, match: { $or: [{ user_id: [{ prefix: b6 }] }, { amount: [{ numeric: [">", 0] }] }] }, to: [log-0, log-1] }
`

/** A gateway on which there is something to see on every page. */
async function openFullDesk(): Promise<Desk> {
  const desk = await openDesk(SINKS, ROUTES)
  await desk.send('CREATE')
  await desk.gateway.logged('dead letter')
  for (let n = 0; n < 30; n++) await desk.send('READ')
  await desk.send('SHRED')
  await desk.send('CREATE', { instance_code: 'i'.repeat(10_000), user_id: '审批'.repeat(200) })
  await desk.folder.write('routes.yaml', 'version: 1\nsources: { feishu: { type: feishuu } }\n')
  await desk.gateway.logged('rejected')
  return desk
}

/** Every kind of page that links lead to from the first, once; and what they lead to only by a form or a mistake. */
async function addressesOf(page: Page): Promise<readonly string[]> {
  const known = new Map<string, string>()
  const queue = ['/console', ...(await moreAddresses(page))]
  for (const address of queue) known.set(address, address)
  for (const address of queue) {
    await page.goto(address)
    const links = page.locator('a[href^="/console"]')
    for (const link of await links.evaluateAll((all) =>
      all.map((one) => one.getAttribute('href')),
    )) {
      const [path = ''] = (link ?? '').split('#')
      if (known.has(kindOf(path)) || known.has(path) || path.includes('lang=')) continue
      known.set(kindOf(path), path)
      queue.push(path)
    }
  }
  return [...new Set(queue)]
}

/** The same of all events, and of all sinks; parameters count by their names. */
function kindOf(path: string): string {
  const [pathname = '', query = ''] = path.split('?')
  const kind = pathname.replace(/events\/\d+/, 'events/1').replace(/sinks\/[^/]+/, 'sinks/name')
  return `${kind}?${[...new URLSearchParams(query).keys()].sort().join('&')}`
}

async function moreAddresses(page: Page): Promise<readonly string[]> {
  const first = async (address: string) => {
    await page.goto(address)
    const row = page.locator('tbody tr a[href^="/console/events/"]').first()
    return (await row.getAttribute('href')) ?? ''
  }
  return [
    '/console/nowhere',
    '/console/events?q=nothing-of-that-kind',
    '/console/events/1?done=changed',
    await first('/console/events?state=quarantined'),
    await first('/console/events?type=approval_cc'),
    await first('/console/dead'),
    '/console/dead?done=retried&count=1&more=1',
    '/console/dead?sink=archive',
    '/console/sinks/held',
    '/console/sinks/held/discard',
    '/console/sinks/finance?done=paused',
    '/console/routes?example=1',
    '/console/replay?sink=finance',
    '/console/replay?last=hour&resend=1&count=1',
    '/console/replay?done=replayed&events=3&cleared=1&owed=5',
  ]
}

const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 360, height: 800 } } as const
const MODES = ['light', 'dark'] as const
/** A folder for a picture of each page, mode and language, for people to look at. */
const shots = process.env.BROWSER_SHOTS

/** What is wrong with a page as it stands there: for whoever does not see it, and on a phone. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  const { source } = (await import('axe-core')).default
  // By the debugger's way: the pages let no script in.
  await page.evaluate(`if (!window.axe) { ${source} }`)
  const violations: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  )
  const wide: number = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)
  return wide > 0 ? [...found, `is ${wide} px too wide`] : found
}

async function look({ page }: Watched, address: string, language: Language): Promise<string[]> {
  const found: string[] = []
  for (const size of ['desktop', 'phone'] as const) {
    await page.setViewportSize(SIZES[size])
    for (const mode of MODES) {
      await page.emulateMedia({ colorScheme: mode })
      const faults = await faultsOf(page)
      found.push(...faults.map((fault) => `${address}, ${size}, ${mode}: ${fault}`))
      if (shots) {
        const name = `${address.slice(1).replaceAll(/\W+/g, '-').slice(0, 80)}.${size}.${mode}.${language}.png`
        await page.screenshot({ path: join(shots, name), fullPage: true })
      }
    }
  }
  return found
}

test('what is wrong with a page is noticed', async () => {
  await using desk = await openDesk()
  await using watched = await openPage(desk.gateway.adminUrl, { language: 'en' })
  const { page, faults } = watched
  await page.goto('/console/login')
  expect([await faultsOf(page), faults]).toEqual([[], []])
  await page.evaluate(`{
    const image = document.createElement('img')
    image.style.width = '5000px'
    document.querySelector('main').append(image)
    fetch('https://elsewhere.example/').catch(() => {})
    document.querySelector('main').insertAdjacentHTML('beforeend', '<p style="color: red">')
  }`)
  expect(await faultsOf(page)).toEqual([
    expect.stringContaining('image-alt: <img'),
    expect.stringMatching(/^is \d+ px too wide$/),
  ])
  await expect.poll(() => faults.join()).toMatch(/style-src.*connect-src|connect-src.*style-src/s)
})

for (const language of ['en', 'zh'] as const) {
  test(`every page is fit for everyone, by axe-core: in ${language}, light and dark, on a desk and on a phone`, async () => {
    if (shots) await mkdir(shots, { recursive: true })
    await using desk = await openFullDesk()
    await using watched = await openPage(desk.gateway.adminUrl, { language })
    const { page, faults } = watched
    await page.goto('/console')
    const found = await look(watched, '/console/login', language)
    await logIn(page, wordsIn(language), 'not-the-token')
    await page.getByRole('alert').waitFor()
    found.push(...(await look(watched, '/console/login, once more', language)))
    await logIn(page, wordsIn(language), ADMIN_TOKEN)
    await page.getByRole('navigation').first().waitFor()
    const addresses = await addressesOf(page)
    expect(addresses.length).toBeGreaterThan(20)
    for (const address of addresses) {
      await page.goto(address)
      found.push(...(await look(watched, address, language)))
    }
    // That of the login and that of the address that leads nowhere are said by the browser itself.
    expect(faults.filter((fault) => !/status of 40[14]/.test(fault))).toEqual([])
    expect(found).toEqual([])
  })
}
