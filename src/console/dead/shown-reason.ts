import type { StoredDelivery } from '../../core/ledger.ts'
import { shownDelivery } from '../../http/api/shapes.ts'
import type { Visit } from '../visit.ts'

/** Why it is dead, as the API tells it. */
export async function shownReason({ context }: Visit, delivery: StoredDelivery): Promise<string> {
  const { reason } = await shownDelivery(delivery, context.plan(), context.ledger)
  return reason ?? ''
}
