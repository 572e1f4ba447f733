import type { Store } from '../../core/store.ts'

/** The store, but `guard` is called in the very turn in which something is written that is to be delivered now. */
export function guardedStore(store: Store, guard: () => void): Store {
  return {
    ...store,
    accept(batch, now) {
      if (batch.some(({ owed }) => owed.length > 0)) guard()
      return store.accept(batch, now)
    },
    async claim(query) {
      const claimed = await store.claim(query)
      if (claimed.length > 0) guard()
      return claimed
    },
    retry(selection, batch) {
      guard()
      return store.retry(selection, batch)
    },
    owe(batch, query) {
      guard()
      return store.owe(batch, query)
    },
    resume(sink, only) {
      guard()
      return store.resume(sink, only)
    },
  }
}
