import type { EventHistory, StoredDelivery } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import { clipped } from '../parts/event-field.ts'
import type { Visit } from '../visit.ts'

/** What somebody is told of why it is dead: nothing of what its event hides. */
export interface Death {
  readonly reason: string
  /** By the receiver's last answer; null without one. */
  readonly status: number | null
  /** The beginning of what that answer held, on one line. */
  readonly said: string
}

const MOST_SAID = 160

/** `event`: the delivery's own, null where it is gone. */
export function deathOf(
  { context }: Pick<Visit, 'context'>,
  { id, reason }: StoredDelivery,
  event: EventHistory | null,
): Death {
  const show = context.plan().redact.about(event?.event)
  const own = event?.deliveries.find((delivery) => delivery.id === id)
  const last = own?.history.at(-1)
  const said = show(last?.response ?? '').replaceAll(/\s+/g, ' ')
  return {
    reason: reason === null ? '' : show(reason),
    status: last?.status ?? null,
    said: clipped(printable(said.trim()), MOST_SAID),
  }
}
