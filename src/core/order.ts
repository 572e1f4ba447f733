import { type Event, matchView } from './event.ts'

/** The value of an event's field as an order key; null where there is no order, or the event has no such field. */
export function orderKeyOf(event: Event, orderBy: string | null): string | null {
  if (orderBy === null) return null
  const view = matchView(event)
  const value = Object.hasOwn(view, orderBy) ? view[orderBy] : undefined
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
