import type { Event } from '../../core/event.ts'
import { printable } from '../../core/printable.ts'
import { REDACTED } from '../../core/redact.ts'
import type { Visit } from '../visit.ts'

/** A field of an event's data as people see it: nothing of what they shall not see; empty where it is no plain value. */
export function eventField(
  { context }: Pick<Visit, 'context'>,
  { data }: Pick<Event, 'data'>,
  name: string,
): string {
  const value = Object.hasOwn(data, name) ? data[name] : undefined
  if (typeof value !== 'string' && typeof value !== 'number') return ''
  return context.plan().redact.fields.has(name) ? REDACTED : printable(String(value))
}

const MOST = 40

/** The beginning of a text that may be of any length, for lists. */
export function clipped(text: string, most = MOST): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}
