import type { StoredDelivery } from '../../core/ledger.ts'
import { shownDelivery } from '../../http/api/shapes.ts'
import { told } from '../parts/told.ts'
import type { Visit } from '../visit.ts'
import { withoutCount } from './kinds.ts'

/** Why it is dead, for whatever died of the same. */
export async function shownReason(
  { context, language }: Visit,
  delivery: StoredDelivery,
): Promise<string> {
  const { reason } = await shownDelivery(delivery, context.plan(), context.ledger)
  return told(withoutCount(reason ?? ''), language)
}
