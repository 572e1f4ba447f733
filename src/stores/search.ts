import type { EventQuery, Page } from '../core/ledger.ts'
import { cursorAt, positionOf } from './cursor.ts'
import type { At, Order, Range, Rows } from './pages.ts'

/**
 * A search for `q` has three parts: what has it as its id, on a page of its own; then what has it as its instance_code;
 * then what mentions it otherwise. A list has the last alone.
 */
export type Part = 'instance' | 'rest'

/** Its cursor has been read: the part that the page is of, and the `seq` in it after which it begins. */
export type EventsAt = At<EventQuery> & { readonly part: Part }

/** The next page's `after`, and which part that is in. */
export type EventRows<T> = Rows<T> & { readonly part: Part }

const INSTANCE = 'instance:'

/** Throws RangeError for a cursor that no page has ever said. */
export function eventsAt({ cursor, ...query }: EventQuery): EventsAt {
  return cursor?.startsWith(INSTANCE)
    ? { ...query, part: 'instance', after: positionOf(cursor.slice(INSTANCE.length)) }
    : { ...query, part: 'rest', after: positionOf(cursor) }
}

export function eventsPage<Row, Item>(
  { items, next, part }: EventRows<Row>,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const cursor = cursorAt(next)
  const isInstance = cursor !== null && part === 'instance'
  return { items: items.map(itemOf), next: isInstance ? `${INSTANCE}${cursor}` : cursor }
}

/** The `after` of a part's first page. */
export function beginning({ low, high }: Range, order: Order): number {
  return order === 'oldest first' ? low - 1 : high + 1
}

/** What `raw` must contain where it mentions `q`, if that is certain: JSON may write some characters in two ways. */
export function rawPart(q: string | undefined): string | undefined {
  return q !== undefined && /^[\w .:@-]+$/.test(q) ? `"${q}"` : undefined
}
