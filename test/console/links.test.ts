import { expect, test } from 'vitest'
import { accept, settleAll } from '../core/operations/setup.ts'
import { openConsole } from './setup.ts'
import { linksIn } from './walk.ts'

test('every link to a part of a page leads to one', async () => {
  const { store, clock, browse } = openConsole()
  await accept({ store, clock }, 'a', { owed: ['lake', 'finance'] })
  await settleAll(store, 'lake', { state: 'dead', reason: 'HTTP 500' })
  await accept({ store, clock }, 'q', { problems: ['operate: must be CREATE or READ'] })
  const browser = browse()
  await browser.logIn()
  const pages = new Map<string, string>()
  const queue = ['/console', '/console/events/1', '/console/events/2']
  for (const address of queue) {
    const { text } = await browser.get(address)
    pages.set(address, text)
    queue.push(...linksIn(text).filter((link) => !queue.includes(link)))
  }
  const links = [...pages].flatMap(([address, text]) =>
    [...text.matchAll(/<a [^>]*?href="([^"]*)#([^"]*)"/g)].map(([, to = '', id = '']) => {
      return { from: address, to: to || address, id }
    }),
  )
  const isThere = ({ to, id }: (typeof links)[number]) => pages.get(to)?.includes(` id="${id}"`)
  expect(links.filter((link) => !isThere(link))).toEqual([])
  expect(new Set(links.map(({ id }) => id.replace(/\d+$/, '')))).toEqual(
    new Set(['content', 'delivery-', 'outcome', 'route-']),
  )
})
