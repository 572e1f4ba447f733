import type { Page } from '../../core/ledger.ts'
import { badRequest, limit, optional, text, withDefault } from './fields.ts'

const DEFAULT_LIMIT = 50

/** What every list takes. */
export const pageFields = { cursor: optional(text), limit: withDefault(limit, DEFAULT_LIMIT) }

/** A page as the API answers with it. Throws RejectedError 400 where the store does not know the cursor. */
export async function pageOf<T, Shape>(reading: Promise<Page<T>>, shape: (item: T) => Shape) {
  const { items, next } = await reading.catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error
    throw badRequest([{ path: 'cursor', message: 'must be the `next` of the page before' }])
  })
  return { items: items.map(shape), next }
}
