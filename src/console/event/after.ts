import { href, type Visit } from '../visit.ts'

/** Back to the event, which says what was done. */
export function after(visit: Visit, ref: string, done: Done): Response {
  visit.context.wake()
  return visit.c.redirect(href(`/console/events/${ref}`, { done }), 303)
}

export type Done = 'retried' | 'sent' | 'nothing' | 'changed'
