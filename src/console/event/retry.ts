import { retryDead } from '../../core/operations/retry-dead.ts'
import { operatorOf } from '../operator.ts'
import type { PageAt } from '../visit.ts'
import { after } from './after.ts'
import { askedFor } from './event.ts'

/** A dead delivery of the event is owed again. */
export const retryDelivery: PageAt = {
  path: '/console/events/:ref/retry',
  async post(visit) {
    const { ref, deliveries } = await askedFor(visit)
    const ids = deliveries.map(({ id }) => id).filter((id) => id === visit.form.get('delivery'))
    const request = { selection: { ids }, dryRun: false }
    const { retried } = await retryDead(operatorOf(visit), request)
    return after(visit, ref, retried > 0 ? 'retried' : 'nothing')
  },
}
