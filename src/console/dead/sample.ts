import type { Ledger, StoredDelivery } from '../../core/ledger.ts'
import { type DeadFilter, deadPage } from './filter.ts'
import type { Sample } from './kinds.ts'

/** How many are looked at in all, and of how many sinks. */
const MOST = 300
const MOST_SINKS = 50
const MOST_PAGES = 2

/** The newest of each of these sinks, as many of one as of another. */
export async function samplesOf(
  ledger: Ledger,
  filter: DeadFilter,
  sinks: readonly string[],
): Promise<{ readonly each: number; readonly samples: readonly Sample[] }> {
  const looked = sinks.slice(0, MOST_SINKS)
  const each = Math.floor(MOST / Math.max(1, looked.length))
  const samples = looked.map((sink) => newest(ledger, { ...filter, sink }, each))
  return { each, samples: await Promise.all(samples) }
}

async function newest(ledger: Ledger, filter: DeadFilter, limit: number): Promise<Sample> {
  const items: StoredDelivery[] = []
  let cursor: string | undefined
  // Pages may be short: it ends where it has asked often enough.
  for (let asked = 0; asked < MOST_PAGES; asked++) {
    const page = await deadPage(ledger, filter, { cursor, limit: limit - items.length })
    items.push(...page.items)
    if (page.next === null) return { items, hasMore: false }
    if (items.length >= limit) break
    cursor = page.next
  }
  return { items, hasMore: true }
}
