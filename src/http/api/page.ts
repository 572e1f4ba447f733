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
