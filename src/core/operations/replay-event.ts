import { writtenName } from '../event-name.ts'
import type { StoredEvent } from '../ledger.ts'
import type { Routing } from '../plan.ts'
import { audited, type Operator } from './operation.ts'
import { redeliveryOf } from './replay.ts'

export interface ReplayEventRequest {
  /** Only for this sink. */
  readonly sink?: string | undefined
  /** Owes it where it is pending or was delivered, too: as a new delivery of the same event id. */
  readonly resend: boolean
}

/**
 * Puts one stored event through the routes as they are now, as `replay` does with many. `owed`: how many deliveries;
 * none where no route sends it there, where it is not in order, or where it is or was owed already.
 */
export async function replayEvent(
  operator: Operator & { readonly routing: Routing },
  stored: StoredEvent,
  { sink, resend }: ReplayEventRequest,
): Promise<{ readonly owed: number }> {
  const { ledger, routing, now } = operator
  const request = { event: writtenName(stored), ...(sink !== undefined && { sink }), resend }
  return audited(operator, { action: 'replay', request }, async () => {
    const redelivery = redeliveryOf(routing, stored, { sink })
    if (!redelivery) return { owed: 0 }
    const owed = await ledger.owe([redelivery], { resend, dryRun: false, now: now() })
    return { owed: owed.reduce((sum, { count }) => sum + count, 0) }
  })
}
