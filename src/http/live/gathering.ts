import type { Feed } from '../../core/feed.ts'
import type { Attempted, Reloaded } from '../../core/happening.ts'

/** What this gateway has told since it was last asked. */
export interface Gathered {
  readonly attempts: readonly Attempted[]
  /** How many attempts there were beside these. */
  readonly moreAttempts: number
  /** How many events were stored. */
  readonly stored: number
  readonly reloads: readonly Reloaded[]
}

export interface Gathering {
  take(): Gathered
  stop(): void
}

const MOST_ATTEMPTS = 100
const MOST_RELOADS = 10

export function createGathering(feed: Pick<Feed, 'follow'>): Gathering {
  let attempts: Attempted[] = []
  let moreAttempts = 0
  let stored = 0
  let reloads: Reloaded[] = []
  const stop = feed.follow((happening) => {
    if (happening.kind === 'attempted') {
      if (attempts.length < MOST_ATTEMPTS) attempts.push(happening)
      else moreAttempts++
    } else if (happening.kind === 'received') {
      if (['accepted', 'quarantined'].includes(happening.result)) stored++
    } else if (happening.kind === 'reloaded') {
      reloads = [...reloads, happening].slice(-MOST_RELOADS)
    }
  })
  return {
    take() {
      const gathered = { attempts, moreAttempts, stored, reloads }
      ;[attempts, moreAttempts, stored, reloads] = [[], 0, 0, []]
      return gathered
    },
    stop,
  }
}
