import type { StoredDelivery } from '../../core/ledger.ts'
import { hash } from '../hash.ts'

/** The newest dead letters of one sink. */
export interface Sample {
  readonly items: readonly StoredDelivery[]
  /** Whether it has more than these. */
  readonly hasMore: boolean
}

/** Dead letters of one sink that died of the same. */
export interface Kind {
  readonly sink: string
  /** Names the reason in an address: a reason may be long, and may tell what people are not shown. */
  readonly code: string
  readonly count: number
  /** Whether more may have died of it, longer ago than was looked. */
  readonly hasMore: boolean
  /** The one of them that was owed last. */
  readonly sample: StoredDelivery
  /** When one of them died last; Unix milliseconds. */
  readonly diedAt: number
}

/** The same for reasons that differ in an id, a time or a number of many digits. */
export function codeOf(reason: string | null): string {
  return hash(sameFor(reason ?? ''))
}

/** A reason without how often it was tried before, which says nothing of why. */
export function withoutCount(reason: string): string {
  return reason.replace(/^gave up after \d+ attempts?: /, 'gave up: ')
}

/** A reason without what only one delivery may have. */
function sameFor(reason: string): string {
  return withoutCount(reason).replaceAll(/[\w-]*\d[\w-]*/g, (word) =>
    word.length < 8 ? word : '…',
  )
}

/** Of one sink's. */
export function kindsOf({ items, hasMore }: Sample): readonly Kind[] {
  const groups = Map.groupBy(items, ({ reason }) => codeOf(reason))
  return [...groups].flatMap(([code, group]) => {
    const [sample] = group
    if (!sample) return []
    const diedAt = Math.max(...group.map(({ settledAt }) => settledAt ?? 0))
    return [{ sink: sample.sink, code, count: group.length, hasMore, sample, diedAt }]
  })
}
