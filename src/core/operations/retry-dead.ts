import type { JsonObject } from '../event.ts'
import { writtenName } from '../event-name.ts'
import type { DeadSelection } from '../ledger.ts'
import { audited, inBatches, type Operator, type Report, timestampOf } from './operation.ts'

const BATCH = 500
/** The audit keeps no more ids than this of one request. */
const IDS_KEPT = 100

export interface RetryRequest {
  readonly selection: DeadSelection
  /** Counts alone, and leaves no entry in the audit. */
  readonly dryRun: boolean
}

export type Retried = { readonly retried: number }

/** Dead letters are owed again, their attempts counted from 1. Ids that are not of dead letters are passed over. */
export async function retryDead(
  operator: Operator,
  { selection, dryRun }: RetryRequest,
  progress: Report<Retried> = () => {},
): Promise<Retried> {
  const work = async (report: Report<Retried>) => {
    let retried = 0
    for (const part of partsOf(selection)) {
      await inBatches(operator, async (cursor) => {
        const batch = { cursor, limit: BATCH, dryRun, now: operator.now() }
        const { count, next } = await operator.ledger.retry(part, batch)
        retried += count
        report({ retried })
        return next
      })
    }
    return { retried }
  }
  if (dryRun) return work(progress)
  return audited(operator, { action: 'retry', request: requestOf(selection) }, work, progress)
}

/** Many ids in parts of a batch each: the store would be handed all of them with every batch. */
function* partsOf(selection: DeadSelection): Generator<DeadSelection> {
  if (!('ids' in selection)) return yield selection
  const ids = [...new Set(selection.ids)]
  for (let start = 0; start < ids.length; start += BATCH) {
    yield { ids: ids.slice(start, start + BATCH) }
  }
}

function requestOf(selection: DeadSelection): JsonObject {
  if ('ids' in selection) {
    const { ids } = selection
    return { ids: ids.slice(0, IDS_KEPT), ...(ids.length > IDS_KEPT && { of: ids.length }) }
  }
  const { sink, event, since, until } = selection.filter
  return {
    filter: {
      ...(sink !== undefined && { sink }),
      ...(event !== undefined && { event: writtenName(event) }),
      ...(since !== undefined && { since: timestampOf(since) }),
      ...(until !== undefined && { until: timestampOf(until) }),
    },
  }
}
