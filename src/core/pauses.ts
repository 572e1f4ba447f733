import { messageOf } from './errors.ts'
import type { Ledger, Pause } from './ledger.ts'
import { optionsMark } from './options-mark.ts'
import type { LiveSink, Plan } from './plan.ts'
import type { Runtime } from './runtime.ts'

/** Who has paused which sink, as the file and the store last said: operators beside this process may change it. */
export interface Pauses {
  /** Empty when nobody has. Undefined before the store has been asked, when nothing may be sent to anyone. */
  of(live: LiveSink): readonly PausedBy[] | undefined
  /** A receiver's pause ends where this plan gives its sink other options: with the old ones it does not come back. */
  follow(plan: Pick<Plan, 'sinks'>): void
  /** Asks the store, at most once a second unless `now`. Never rejects. */
  refresh(now?: 'now'): Promise<void>
  /** The receiver has said that it is gone: at once here, and in the store. False where it has other options by now. */
  stop(live: LiveSink): boolean
}

const REFRESH_EVERY_MS = 1000

/** `changed` is called when the store has said something new. */
export function createPauses(
  ledger: Pick<Ledger, 'pauses' | 'pause' | 'resume'>,
  { now, log }: Pick<Runtime, 'now' | 'log'>,
  changed: () => void,
): Pauses {
  let sinks: Plan['sinks'] = new Map()
  let known: readonly Pause[] | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  /** What is being written while the store is asked may not be in its answer. */
  let writing = 0
  let written = 0

  async function ask(): Promise<void> {
    askedAt = now()
    const before = written
    const isOld = () => writing > 0 || before !== written
    try {
      const stored = await ledger.pauses()
      const fresh = isOld() ? stored : await endStale(ledger, stored, sinks)
      if (isOld() || same(fresh, known)) return
      known = fresh
      changed()
    } catch (error) {
      log.error({ error: messageOf(error) }, 'cannot read from the store which sinks are paused')
    }
  }

  async function write(pause: Pause): Promise<void> {
    writing++
    known = [...(known ?? []), pause]
    try {
      await ledger.pause(pause)
    } catch (error) {
      log.error({ error: messageOf(error) }, 'cannot store that a sink is paused')
    }
    writing--
    written++
  }

  return {
    of: (live) => known && pausedBy(live.name, live, known),
    follow(plan) {
      sinks = plan.sinks
    },
    async refresh(at) {
      if (at !== 'now' && Math.abs(now() - askedAt) < REFRESH_EVERY_MS) return
      await asking
      asking ??= ask().finally(() => {
        asking = undefined
      })
      await asking
    },
    stop(live) {
      const pause = receiversPause(live, now())
      const isMeant = !isStale(pause, sinks)
      if (isMeant) void write(pause)
      return isMeant
    },
  }
}

function receiversPause(live: LiveSink, at: number): Pause {
  return { sink: live.name, by: 'receiver', at, options: optionsMark(live) }
}

/** Deletes the stale ones, and gives the others. */
async function endStale(
  ledger: Pick<Ledger, 'resume'>,
  stored: readonly Pause[],
  sinks: Plan['sinks'],
): Promise<readonly Pause[]> {
  const stale = stored.filter((pause) => isStale(pause, sinks))
  for (const pause of stale) await ledger.resume(pause.sink, pause)
  return stored.filter((pause) => !stale.includes(pause))
}

function isStale(pause: Pause, sinks: Plan['sinks']): boolean {
  const live = sinks.get(pause.sink)
  return live !== undefined && !concerns(pause, live)
}

export type PausedBy = 'file' | Pause['by']

/** Who keeps a sink from being sent anything. One that has left routes.yaml is known by its name alone. */
export function pausedBy(
  name: string,
  live: Pick<LiveSink, 'name' | 'fingerprint' | 'settings'> | undefined,
  pauses: readonly Pause[],
): readonly PausedBy[] {
  const own = pauses.filter((pause) => (live ? concerns(pause, live) : pause.sink === name))
  return [...(live?.settings.paused ? (['file'] as const) : []), ...own.map(({ by }) => by)]
}

/** A receiver's word is about the sink with the options that it had then. */
function concerns(
  { sink, by, options }: Pause,
  live: Pick<LiveSink, 'name' | 'fingerprint'>,
): boolean {
  return sink === live.name && (by === 'operator' || options === optionsMark(live))
}

function same(a: readonly Pause[], b: readonly Pause[] | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
