import type { JsonObject } from '../core/event.ts'

const FIELDS = ['instance_code', 'approval_code', 'user_id']

/** Whether an event's data has exactly this value where people look for it. */
export function mentions(data: JsonObject, q: string): boolean {
  return FIELDS.some((field) => data[field] === q)
}

/** What `raw` must contain where it mentions `q`, if that is certain: JSON may write some characters in two ways. */
export function rawPart(q: string | undefined): string | undefined {
  return q !== undefined && /^[\w .:@-]+$/.test(q) ? `"${q}"` : undefined
}
