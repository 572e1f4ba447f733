import type { Feed } from '../../core/feed.ts'
import type { LaneStatus } from '../../core/lane/status.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Plan } from '../../core/plan.ts'
import type { Runtime } from '../../core/runtime.ts'
import { createGathering } from './gathering.ts'
import { createNewest, NEWEST, type Reading } from './newest.ts'
import {
  attemptNews,
  configNews,
  eventNews,
  type News,
  outcomeNews,
  sinkNews,
  skippedNews,
} from './news.ts'

export interface WatchingContext {
  readonly ledger: Pick<Ledger, 'events' | 'outcomes'>
  readonly feed: Pick<Feed, 'follow'>
  readonly runtime: Pick<Runtime, 'now'>
  plan(): Plan
  status(): readonly LaneStatus[]
}

/** From one look to the next: what has happened. */
export interface Watching {
  /** Nothing at the first look, from which on news are news. */
  look(): Promise<readonly News[]>
  /** Of the events that the last look has seen, those that came after the one of this ref, and how it stands with the others. */
  after(ref: string): readonly News[]
  stop(): void
}

export function createWatching({ ledger, feed, runtime, plan, status }: WatchingContext): Watching {
  const newest = createNewest(ledger, runtime.now)
  const gathering = createGathering(feed)
  const changedSinks = createSinkChanges()
  let isFirst = true
  const newsOf = ({ fresh, changed }: Reading): readonly News[] => [
    ...fresh.map((event) => eventNews(event, plan())),
    ...changed.map(outcomeNews),
  ]
  return {
    async look() {
      const reading = await newest.read()
      const { attempts, moreAttempts, stored, reloads } = gathering.take()
      const sinks = changedSinks(status())
      const wasFirst = isFirst
      isFirst = false
      if (wasFirst) return []
      // Only a whole reading of new events may not be all of them.
      const told = reading.fresh.length
      const moreEvents = told < NEWEST ? 0 : Math.max(0, stored - told)
      const skipped = { events: moreEvents, attempts: moreAttempts }
      return [
        ...newsOf(reading),
        ...attempts.map(attemptNews),
        ...sinks,
        ...reloads.map(configNews),
        ...(moreEvents + moreAttempts > 0 ? [skippedNews(skipped)] : []),
      ]
    },
    after: (ref) => newsOf(newest.after(ref)),
    stop: gathering.stop,
  }
}

/** The sinks whose news are others than when they were last asked for. */
function createSinkChanges(): (lanes: readonly LaneStatus[]) => readonly News[] {
  let known = new Map<string, string>()
  return (lanes) => {
    const news = lanes.map((lane) => ({ sink: lane.sink, one: sinkNews(lane) }))
    const changed = news.filter(({ sink, one }) => known.get(sink) !== one.text)
    known = new Map(news.map(({ sink, one }) => [sink, one.text]))
    return changed.map(({ one }) => one)
  }
}
