import type { ClaimedDelivery } from '../../../src/core/outbox.ts'
import type { Store } from '../../../src/core/store.ts'
import { type acceptance, LEASE, settlement, T } from '../../stores/samples.ts'

interface ClaimWish {
  readonly sink?: string
  readonly leaseMs?: number
  readonly limit?: number
}

/** The store that a law is about, empty at its beginning, and what most laws do with it. */
export interface Given {
  readonly store: Store
  /** Begins with a fresh one. */
  open(): Promise<void>
  claim(now: number, wish?: ClaimWish): Promise<readonly ClaimedDelivery[]>
  claimIds(now: number, wish?: ClaimWish): Promise<readonly string[]>
  /** Throws when nothing is due. */
  claimOne(now: number, wish?: ClaimWish): Promise<ClaimedDelivery>
  /** Accepts them, and has each of their deliveries to `lake` end so. Gives their ids, in order. */
  settled(
    batch: readonly ReturnType<typeof acceptance>[],
    state: 'delivered' | 'dead',
    at?: number,
  ): Promise<readonly string[]>
}

export function givenStore(open: () => Promise<Store>): Given {
  let store: Store | undefined
  const given: Given = {
    get store() {
      if (!store) throw new Error('not yet open')
      return store
    },
    async open() {
      store = await open()
    },
    claim: (now, { sink = 'lake', leaseMs = LEASE, limit = 100 } = {}) =>
      given.store.claim({ sink, now, leaseMs, limit }),
    async claimIds(now, wish) {
      return (await given.claim(now, wish)).map(({ event }) => event.id)
    },
    async claimOne(now, wish) {
      const [first] = await given.claim(now, { ...wish, limit: 1 })
      if (!first) throw new Error('nothing was due')
      return first
    },
    async settled(batch, state, at = T) {
      await given.store.accept(batch, at)
      const claimed = await given.claim(at)
      const outcome = state === 'dead' ? { state, reason: 'HTTP 400' } : { state }
      await given.store.settle(claimed.map((one) => settlement(one, outcome, at)))
      return claimed.map(({ id }) => id)
    },
  }
  return given
}
