import type { StoredDelivery } from '../../core/ledger.ts'
import { hash } from '../hash.ts'

/** Dead letters of one sink that died of the same. */
export interface Kind {
  readonly sink: string
  /** Names the reason in an address: a reason may be long, and may tell what people are not shown. */
  readonly code: string
  readonly count: number
  /** The one of them that was owed last. */
  readonly sample: StoredDelivery
  /** When one of them died last; Unix milliseconds. */
  readonly diedAt: number
}

/** The same for reasons that differ in an id, a time or a number of many digits. */
export function codeOf(reason: string | null): string {
  return hash(sameFor(reason ?? ''))
}

/** A reason without what only one delivery may have. */
function sameFor(reason: string): string {
  return reason.replaceAll(/[\w-]*\d[\w-]*/g, (word) => (word.length < 8 ? word : '…'))
}

/** The most frequent first. */
export function kindsOf(dead: readonly StoredDelivery[]): readonly Kind[] {
  const groups = Map.groupBy(dead, ({ sink, reason }) => `${codeOf(reason)} ${sink}`)
  const kinds = [...groups.values()].flatMap((group) => {
    const [sample] = group
    if (!sample) return []
    const { sink, reason } = sample
    const diedAt = Math.max(...group.map(({ settledAt }) => settledAt ?? 0))
    return [{ sink, code: codeOf(reason), count: group.length, sample, diedAt }]
  })
  return kinds.toSorted((a, b) => b.count - a.count)
}
