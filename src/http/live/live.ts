import { messageOf } from '../../core/errors.ts'
import type { Runtime } from '../../core/runtime.ts'
import { createTally } from '../../core/tally.ts'
import type { News } from './news.ts'
import { createWatching, type Watching, type WatchingContext } from './watching.ts'

/** What happens now, for all who watch together: the store is read once a second, while anybody does. */
export interface Live {
  /**
   * Resolves, when whatever happens from now on will be told, to how to end it; to undefined where too many watch.
   * `after`: the `ref` of the last event that the watcher knows; what came since then is told first, as far as it is
   * among the newest 100.
   */
  watch(watcher: Watcher, after?: string): Promise<(() => void) | undefined>
  /** Looks at once for what has happened, where anybody watches. */
  look(): Promise<void>
  /** Ends all watchers. From here on nobody can watch. */
  close(): void
}

export interface Watcher {
  /** About once a second at the most; never empty. */
  hear(news: readonly News[]): void
  /** Every 15 s, so that a connection which is no more shows. */
  beat(): void
  end(): void
}

export interface LiveContext extends WatchingContext {
  readonly runtime: Pick<Runtime, 'now' | 'log'>
}

const MOST_WATCHERS = 50
const LOOK_EVERY_MS = 1000
const LOOKS_A_BEAT = 15

export function createLive(context: LiveContext): Live {
  const watchers = new Set<Watcher>()
  let places = MOST_WATCHERS
  let watching: Looking | undefined

  function begin(): Looking {
    return createLooking(context, {
      hear: (news) => forEach(watchers, (watcher) => watcher.hear(news)),
      beat: () => forEach(watchers, (watcher) => watcher.beat()),
    })
  }
  function leave(): void {
    places++
    if (places < MOST_WATCHERS) return
    watching?.stop()
    watching = undefined
  }
  return {
    async watch(watcher, after) {
      if (places <= 0) return undefined
      places--
      watching ??= begin()
      const looking = watching
      try {
        await looking.look()
      } catch (error) {
        leave()
        throw error
      }
      // The gateway is ending.
      if (watching !== looking) return undefined
      if (after !== undefined) hearIfAny(watcher, looking.after(after))
      watchers.add(watcher)
      return () => {
        if (watchers.delete(watcher)) leave()
      }
    },
    look: async () => watching?.look(),
    close() {
      places = Number.NEGATIVE_INFINITY
      watching?.stop()
      watching = undefined
      forEach(watchers, (watcher) => watcher.end())
      watchers.clear()
    },
  }
}

/** Some of them may end while they hear. */
function forEach(watchers: ReadonlySet<Watcher>, tell: (watcher: Watcher) => void): void {
  for (const watcher of [...watchers]) tell(watcher)
}

function hearIfAny(watcher: Pick<Watcher, 'hear'>, news: readonly News[]): void {
  if (news.length > 0) watcher.hear(news)
}

interface Looking extends Pick<Watching, 'after' | 'stop'> {
  /** Looks, and tells. Those who ask meanwhile get the same look. */
  look(): Promise<void>
}

/** Looks again and again until it is stopped. */
function createLooking(context: LiveContext, all: Pick<Watcher, 'hear' | 'beat'>): Looking {
  const watching = createWatching(context)
  const unread = createTally(context.runtime, 'cannot read what has happened', 'error')
  let looking: Promise<void> | undefined
  let looks = 0

  function look(): Promise<void> {
    looking ??= watching
      .look()
      .then((news) => hearIfAny(all, news))
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  // One that takes long is waited for by the next.
  const timer = setInterval(() => {
    look().catch((error: unknown) => unread({ error: messageOf(error) }))
    if (++looks % LOOKS_A_BEAT === 0) all.beat()
  }, LOOK_EVERY_MS)
  return {
    look,
    after: watching.after,
    stop() {
      clearInterval(timer)
      watching.stop()
    },
  }
}
