import type { Event } from './event.ts'

/** The `via` of the gateway's own events, and the `app_id`; no source may be called so. */
export const OWN = 'lark-fanout'

/** What the gateway tells of itself: `lark-fanout.delivery.dead`. */
export const OWN_EVENTS = [
  'delivery.dead',
  'breaker.opened',
  'config.rejected',
  'event.quarantined',
] as const

export type OwnEvent = (typeof OWN_EVENTS)[number]

export function typeOfOwn(event: OwnEvent): string {
  return `${OWN}.${event}`
}

/** Whether it is the gateway's own: no route and no replay touches it. */
export function isOwn({ via }: Pick<Event, 'via'>): boolean {
  return via === OWN
}

/** Whether a type is that of an own event, be it another gateway's that has been received here. */
export function isOwnType(type: string): boolean {
  return type.startsWith(`${OWN}.`)
}
