import * as T from '@sinclair/typebox'
import type { Page } from '../../core/ledger.ts'
import { badRequest, type Field, optional, text, withDefault, wrong } from './fields.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 500

const limit: Field<number> = {
  schema: T.Integer({ minimum: 1, maximum: MAX_LIMIT, description: 'How many items at most.' }),
  isRequired: true,
  read(value) {
    const number = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : 0
    if (number >= 1 && number <= MAX_LIMIT) return number
    throw wrong(`must be a whole number of 1 to ${MAX_LIMIT}`)
  },
}

/** What every list takes. */
export const pageFields = {
  cursor: optional(text('The `next` of the page before.')),
  limit: withDefault(limit, DEFAULT_LIMIT),
}

/**
 * How long is looked for something, and in how many pages: a worker's clock may stand still while it works. A store's
 * page that has nothing takes some 10 ms.
 */
const LOOKING_MS = 300
const PAGES = 30

/**
 * Goes on over pages that end before anything is found, or before there is `enough`, for a while: then it is for whoever
 * asked to go on. As many pages as are needed make one, which may be longer than they are.
 */
export async function lookOn<T>(
  read: (cursor: string | undefined) => Promise<Page<T>>,
  from: string | undefined,
  enough = 1,
): Promise<Page<T>> {
  const until = performance.now() + LOOKING_MS
  const items: T[] = []
  let cursor = from
  for (let pages = 1; ; pages++) {
    const page = await read(cursor)
    items.push(...page.items)
    const isEnd = page.next === null || pages >= PAGES || performance.now() >= until
    if (isEnd || items.length >= enough) return { items, next: page.next }
    cursor = page.next
  }
}

/** A page as the API answers with it. Throws RejectedError 400 where the store does not know the cursor. */
export async function pageOf<T, Shape>(
  reading: Promise<Page<T>>,
  shape: (item: T) => Shape | Promise<Shape>,
) {
  const { items, next } = await reading.catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error
    throw badRequest([{ path: 'cursor', message: 'must be the `next` of the page before' }])
  })
  return { items: await Promise.all(items.map(shape)), next }
}
