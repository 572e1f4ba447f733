import type { DeliveryQuery, Ledger, Page, StoredDelivery } from '../../core/ledger.ts'
import { pageOf } from '../../http/api/page.ts'
import { timeParam } from '../parts/time-field.ts'
import { codeOf } from './kinds.ts'

/** Which dead letters a page is about, as its address or a form says. */
export interface DeadFilter {
  readonly sink: string | undefined
  /** A reason's code. */
  readonly reason: string | undefined
  readonly since: string | undefined
  readonly until: string | undefined
}

export function filterOf(given: (name: string) => string | undefined): DeadFilter {
  const read = (name: string) => given(name) || undefined
  return {
    sink: read('sink'),
    reason: read('reason'),
    since: read('since'),
    until: read('until'),
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
/** How many of other reasons a page looks through, this many at a time. */
const MOST_LOOKED_AT = 1000
const LOOKED_AT_ONCE = 100

/** A page of those of the filter's reason, too; it may be empty and not the last. */
export async function listed(
  ledger: Ledger,
  filter: DeadFilter,
  cursor: string | undefined,
): Promise<Page<StoredDelivery> & { readonly backTo: number | undefined }> {
  const limit = filter.reason === undefined ? PAGE : LOOKED_AT_ONCE
  let page = await deadPage(ledger, filter, { cursor, limit })
  let looked = page.items.length
  const items = page.items.filter((one) => isOf(filter, one))
  while (page.next !== null && items.length < PAGE && looked < MOST_LOOKED_AT) {
    if (filter.reason === undefined && items.length > 0) break
    page = await deadPage(ledger, filter, { cursor: page.next, limit })
    looked += Math.max(1, page.items.length)
    items.push(...page.items.filter((one) => isOf(filter, one)))
  }
  return { items, next: page.next, backTo: page.items.at(-1)?.acceptedAt }
}
