import { messageOf } from './errors.ts'
import type { Ledger, Pause } from './ledger.ts'
import { concerns, optionsMark } from './options-mark.ts'
import { createPastPauses, isOthers } from './past-pauses.ts'
import type { LiveSink, Plan } from './plan.ts'
import type { Runtime } from './runtime.ts'

/** Who has paused which sink, as the file and the store last said: operators beside this process may change it. */
export interface Pauses {
  /** Empty when nobody has. Undefined before the store has been asked, when nothing may be sent to anyone. */
  of(live: LiveSink): readonly PausedBy[] | undefined
  /** A receiver's pause ends where this gives its sink other options than before: with the old ones it stays ended. */
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
  const past = createPastPauses(ledger, now)
  let known: readonly Pause[] | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  /** What is being written while the store is asked may not be in its answer. */
  const writes = { begun: 0, ended: 0 }

  async function ask(): Promise<void> {
    askedAt = now()
    const before = writes.ended
    const isOld = () => writes.begun !== before
    try {
      const stored = await ledger.pauses()
      const current = isOld() ? stored : await past.end(stored)
      const fresh = [...current, ...displaced(known ?? [], current, sinks)]
      if (isOld() || same(fresh, known)) return
      known = fresh
      changed()
    } catch (error) {
      log.error({ error: messageOf(error) }, 'cannot read from the store which sinks are paused')
    }
  }

  async function write(pause: Pause): Promise<void> {
    writes.begun++
    known = [...(known ?? []), pause]
    await ledger.pause(pause).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'cannot store that a sink is paused')
    })
    writes.ended++
  }

  return {
    of: (live) => known && pausedBy(live.name, live, known),
    follow(plan) {
      sinks = plan.sinks
      past.follow(plan)
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
      if (isOthers(pause, sinks)) return false
      void write(pause)
      return true
    },
  }
}

function receiversPause(live: LiveSink, at: number): Pause {
  return { sink: live.name, by: 'receiver', at, options: optionsMark(live) }
}

/** The store has room for one word of a receiver: that another gateway's took the place of ours does not end ours. */
function displaced(
  known: readonly Pause[],
  stored: readonly Pause[],
  sinks: Plan['sinks'],
): readonly Pause[] {
  return known.filter(({ sink, by, options }) => {
    const live = sinks.get(sink)
    const isOurs = by === 'receiver' && live !== undefined && options === optionsMark(live)
    return (
      isOurs && stored.some((one) => one.sink === sink && one.by === by && one.options !== options)
    )
  })
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

function same(a: readonly Pause[], b: readonly Pause[] | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
