import type { Observer } from './happening.ts'

/** Tells whoever follows what happens: metrics, alerts, live pages. */
export interface Feed {
  readonly tell: Observer
  /** Returns how to end it. */
  follow(observer: Observer): () => void
}

export function createFeed(): Feed {
  const observers = new Set<Observer>()
  return {
    tell(happening) {
      for (const observe of observers) observe(happening)
    },
    follow(observer) {
      observers.add(observer)
      return () => observers.delete(observer)
    },
  }
}
