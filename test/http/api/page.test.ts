import { expect, test } from 'vitest'
import { lookOn } from '../../../src/http/api/page.ts'

/** So many pages; those that are named have something. */
function pagesWith(pages: number, found: Readonly<Record<number, readonly string[]>>) {
  const read: number[] = []
  return {
    read,
    async page(cursor: string | undefined) {
      const n = Number(cursor ?? 0)
      read.push(n)
      return { items: found[n] ?? [], next: n + 1 < pages ? String(n + 1) : null }
    },
  }
}

test('what is found some empty pages on is the answer at once', async () => {
  const { page, read } = pagesWith(9, { 3: ['a', 'b'], 4: ['c'] })
  expect(await lookOn(page, undefined)).toEqual({ items: ['a', 'b'], next: '4' })
  expect(await lookOn(page, '4')).toEqual({ items: ['c'], next: '5' })
  expect(await lookOn(page, '5')).toEqual({ items: [], next: null })
  expect(read).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
})

test('where more is wanted, what several pages have is one', async () => {
  const { page } = pagesWith(9, { 0: ['a'], 3: ['b', 'c'], 8: ['d'] })
  expect(await lookOn(page, undefined, 2)).toEqual({ items: ['a', 'b', 'c'], next: '4' })
  expect(await lookOn(page, '4', 2)).toEqual({ items: ['d'], next: null })
})

test('it ends after a while, though nothing is found and the clock stands still', async () => {
  const { page, read } = pagesWith(1_000_000, {})
  const { items, next } = await lookOn(page, undefined)
  expect(items).toEqual([])
  expect([next, read.length]).toEqual(['30', 30])
})
