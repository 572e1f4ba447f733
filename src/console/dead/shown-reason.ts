import type { StoredDelivery } from '../../core/ledger.ts'
import type { Visit } from '../visit.ts'

/** Why it is dead: a receiver may have said what people are not shown of its event. */
export async function shownReason(
  { context }: Visit,
  { reason, eventRef }: StoredDelivery,
): Promise<string> {
  const { redact } = context.plan()
  if (reason === null || redact.fields.size === 0) return reason ?? ''
  const event = await context.ledger.event(eventRef)
  return event ? redact.about(event.event)(reason) : reason
}
