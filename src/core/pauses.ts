import { messageOf } from './errors.ts'
import type { Ledger, Pause } from './ledger.ts'
import type { LiveSink } from './plan.ts'
import type { Runtime } from './runtime.ts'

/** Who has paused which sink, as the store last said: operators beside this process may change it at any time. */
export interface Pauses {
  /** Empty when nobody has. Undefined before the store has been asked, when nothing may be sent to anyone. */
  of(live: LiveSink): readonly Pause['by'][] | undefined
  /** Asks the store, at most once a second unless `now`. Never rejects. */
  refresh(now?: 'now'): Promise<void>
  /** The receiver has said that it is gone: at once here, and in the store. */
  stop(live: LiveSink): void
}

const REFRESH_EVERY_MS = 1000

/** `changed` is called when the store has said something new. */
export function createPauses(
  ledger: Pick<Ledger, 'pauses' | 'pause'>,
  { now, log }: Pick<Runtime, 'now' | 'log'>,
  changed: () => void,
): Pauses {
  let known: readonly Pause[] | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  /** What is being written while the store is asked may not be in its answer. */
  let writing = 0
  let written = 0

  async function ask(): Promise<void> {
    askedAt = now()
    const before = written
    try {
      const pauses = await ledger.pauses()
      if (writing > 0 || before !== written || same(pauses, known)) return
      known = pauses
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
    of: (live) => known?.filter((pause) => concerns(pause, live)).map(({ by }) => by),
    async refresh(at) {
      if (at !== 'now' && Math.abs(now() - askedAt) < REFRESH_EVERY_MS) return
      await asking
      asking ??= ask().finally(() => {
        asking = undefined
      })
      await asking
    },
    stop: (live) =>
      void write({ sink: live.name, by: 'receiver', at: now(), options: optionsOf(live) }),
  }
}

/** A receiver's word is about the sink with the options that it had then. */
export function concerns(
  { sink, by, options }: Pause,
  live: Pick<LiveSink, 'name' | 'fingerprint'>,
): boolean {
  return sink === live.name && (by === 'operator' || options === optionsOf(live))
}

/** A short piece tells options apart, and is too little to try secrets against. */
function optionsOf({ fingerprint }: Pick<LiveSink, 'fingerprint'>): string {
  return fingerprint.slice(0, 8)
}

function same(a: readonly Pause[], b: readonly Pause[] | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
