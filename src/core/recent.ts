import { messageOf } from './errors.ts'
import type { Attempted, EventResult, Happening, Observer, Reloaded } from './happening.ts'
import type { Backlog, Ledger } from './ledger.ts'
import type { Runtime } from './runtime.ts'

/** The last hour of this gateway, minute by minute, for people to look at. It begins anew with the process. */
export interface Recent {
  readonly observe: Observer
  /** The oldest first, the one that has begun last. Asks the store how much is owed now. */
  minutes(): Promise<readonly Minute[]>
  /** How routes.yaml was last read again; undefined where it has not been. */
  lastReload(): Reloaded | undefined
}

export interface Minute {
  /** When it began, in Unix milliseconds. */
  readonly at: number
  readonly received: Readonly<Record<EventResult, number>>
  /** By sink; one without attempts may be missing. */
  readonly sinks: ReadonlyMap<string, SinkMinute>
  /** What was owed at some moment of it, by sink; undefined where nobody looked. */
  readonly owed: ReadonlyMap<string, Backlog> | undefined
}

/** A sink's attempts that ended in a minute. */
export interface SinkMinute {
  readonly delivered: number
  readonly failed: number
  readonly dead: number
  /** How many took at most as long as the bound of that place, and longer than the one before; in milliseconds. */
  readonly byDuration: readonly number[]
}

export const KEPT_MINUTES = 60
const DURATION_BOUNDS_MS = [
  ...[5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
  Number.POSITIVE_INFINITY,
]

const MINUTE_MS = 60_000

interface Counting {
  at: number
  received: Record<EventResult, number>
  sinks: Map<string, CountingSink>
  owed: ReadonlyMap<string, Backlog> | undefined
}

type CountingSink = { -readonly [K in keyof SinkMinute]: SinkMinute[K] } & { byDuration: number[] }

export function createRecent(
  ledger: Pick<Ledger, 'backlog'>,
  { now, log }: Pick<Runtime, 'now' | 'log'>,
): Recent {
  let minutes: Counting[] = []
  let reloaded: Reloaded | undefined

  /** The minute that is under way. With each that begins, the store is asked what is owed. */
  function current(): Counting {
    const at = now() - (now() % MINUTE_MS)
    const last = minutes.at(-1)
    if (last?.at === at) return last
    const minute = startMinute(at)
    // Those that lie ahead are of a clock that has been set back.
    const isKept = (one: Counting) => one.at < at && one.at > at - KEPT_MINUTES * MINUTE_MS
    minutes = [...minutes.filter(isKept), minute]
    void look(minute)
    return minute
  }

  async function look(minute: Counting): Promise<void> {
    try {
      minute.owed = new Map((await ledger.backlog()).map((one) => [one.sink, one]))
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'cannot read from the store what is owed')
    }
  }

  return {
    observe(happening) {
      if (happening.kind === 'reloaded') reloaded = happening
      else count(current(), happening)
    },
    async minutes() {
      await look(current())
      return complete(minutes, now())
    },
    lastReload: () => reloaded,
  }
}

function startMinute(at: number): Counting {
  const received = { accepted: 0, duplicate: 0, ignored: 0, quarantined: 0, rejected: 0 }
  return { at, received, sinks: new Map(), owed: undefined }
}

function count(minute: Counting, happening: Happening): void {
  if (happening.kind === 'received') minute.received[happening.result]++
  if (happening.kind === 'attempted') countAttempt(minute, happening)
}

function countAttempt({ sinks }: Counting, { sink, result, durationMs }: Attempted): void {
  const counted = sinks.get(sink) ?? {
    ...{ delivered: 0, failed: 0, dead: 0 },
    byDuration: DURATION_BOUNDS_MS.map(() => 0),
  }
  counted[result]++
  const place = DURATION_BOUNDS_MS.findIndex((bound) => durationMs <= bound)
  counted.byDuration[place] = (counted.byDuration[place] ?? 0) + 1
  sinks.set(sink, counted)
}

/** Every minute of the last hour: of those in which nothing happened as well. */
function complete(counted: readonly Counting[], now: number): readonly Minute[] {
  const byTime = new Map(counted.map((minute) => [minute.at, minute]))
  const last = now - (now % MINUTE_MS)
  return Array.from({ length: KEPT_MINUTES }, (_, index) => {
    const at = last - (KEPT_MINUTES - 1 - index) * MINUTE_MS
    return byTime.get(at) ?? startMinute(at)
  })
}

/** By when this share of the attempts had ended, as far as the bounds tell: in milliseconds; null without attempts. */
export function durationOf(sinks: readonly SinkMinute[], share: number): number | null {
  const counts = DURATION_BOUNDS_MS.map((_, place) =>
    sinks.reduce((sum, { byDuration }) => sum + (byDuration[place] ?? 0), 0),
  )
  const all = counts.reduce((sum, one) => sum + one, 0)
  let sum = 0
  const place = counts.findIndex((one) => {
    sum += one
    return sum > 0 && sum >= all * share
  })
  return DURATION_BOUNDS_MS[place] ?? null
}
