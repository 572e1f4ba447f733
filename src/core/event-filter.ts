import type { JsonObject } from './event.ts'
import type { EventQuery, StoredEvent } from './ledger.ts'

/** What a list of events can be narrowed to. */
export type EventFilter = Omit<EventQuery, 'order' | 'cursor' | 'limit'>

/** Whether a stored event is one that such a list has. */
export function passes(
  { event, problems, acceptedAt }: Pick<StoredEvent, 'event' | 'problems' | 'acceptedAt'>,
  { type, source, state, since = -Infinity, until = Infinity, q }: EventFilter,
): boolean {
  return (
    (type === undefined || event.type === type) &&
    (source === undefined || event.via === source) &&
    (state === undefined || (state === 'quarantined') === problems.length > 0) &&
    acceptedAt >= since &&
    acceptedAt < until &&
    (q === undefined || event.id === q || mentions(event.data, q))
  )
}

const FIELDS = ['instance_code', 'approval_code', 'user_id']

/** Whether an event's data has exactly this value where people look for it. */
export function mentions(data: JsonObject, q: string): boolean {
  return FIELDS.some((field) => data[field] === q)
}
