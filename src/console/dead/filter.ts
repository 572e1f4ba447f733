import type { DeliveryQuery, Ledger, Page, StoredDelivery } from '../../core/ledger.ts'
import { lookOn, pageOf } from '../../http/api/page.ts'
import { mustBeTime, timeParam } from '../parts/time-field.ts'
import { codeOf } from './kinds.ts'

/** Which dead letters a page is about, as its address or a form says. */
export interface DeadFilter {
  readonly sink: string | undefined
  /** A reason's code. */
  readonly reason: string | undefined
  readonly since: string | undefined
  readonly until: string | undefined
}

/** Throws RejectedError 400 for a time that cannot be read: without it more would be retried than was asked for. */
export function filterOf(given: (name: string) => string | undefined): DeadFilter {
  const read = (name: string) => given(name) || undefined
  return {
    sink: read('sink'),
    reason: read('reason'),
    since: mustBeTime('since', read('since')),
    until: mustBeTime('until', read('until')),
  }
}

/** The same for the store, which knows no reasons. */
export function deliveriesOf({ sink, since, until }: DeadFilter) {
  return { sink, since: timeParam(since), until: timeParam(until) }
}

export function isOf({ reason }: DeadFilter, delivery: StoredDelivery): boolean {
  return reason === undefined || codeOf(delivery.reason) === reason
}

/** One page of a store's, newest first. Throws RejectedError 400 for a cursor that is none. */
export function deadPage(
  ledger: Ledger,
  filter: DeadFilter,
  page: Pick<DeliveryQuery, 'cursor' | 'limit'>,
): Promise<Page<StoredDelivery>> {
  const query = { ...deliveriesOf(filter), ...page, state: 'dead' } as const
  return pageOf(ledger.deliveries(query), (delivery) => delivery)
}

const PAGE = 25
/** How many are looked through at once for those of a reason. */
const LOOKED_AT_ONCE = 100

/** A page of those of the filter's reason, too; it may be empty and not the last. */
export async function listed(
  ledger: Ledger,
  filter: DeadFilter,
  cursor: string | undefined,
): Promise<Page<StoredDelivery> & { readonly backTo: number | undefined }> {
  const limit = filter.reason === undefined ? PAGE : LOOKED_AT_ONCE
  let last: StoredDelivery | undefined
  const read = async (from: string | undefined) => {
    const { items, next } = await deadPage(ledger, filter, { cursor: from, limit })
    last = items.at(-1) ?? last
    return { items: items.filter((one) => isOf(filter, one)), next }
  }
  const page = await lookOn(read, cursor, filter.reason === undefined ? 1 : PAGE)
  return { ...page, backTo: last?.acceptedAt }
}
