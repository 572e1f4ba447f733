import type { Ledger, Pause } from './ledger.ts'
import { concerns, optionsMark } from './options-mark.ts'
import type { Plan } from './plan.ts'
import type { Runtime } from './runtime.ts'

/** Receivers' pauses that are about options which nobody has any more. */
export interface PastPauses {
  /** Options that this plan ends are past from now on. */
  follow(plan: Pick<Plan, 'sinks'>): void
  /** Deletes those of `stored` that are past, and gives the others. */
  end(stored: readonly Pause[]): Promise<readonly Pause[]>
}

/**
 * Gateways that share a store have different files while a deploy goes from one to the next: options that this one has
 * not may be another's. After that time nobody is left who has.
 */
const OTHERS_MS = 60 * 60 * 1000

/** Options that a sink had until that time, in Unix milliseconds. */
interface Ended {
  readonly sink: string
  readonly options: string
  readonly at: number
}

export function createPastPauses(ledger: Pick<Ledger, 'resume'>, now: Runtime['now']): PastPauses {
  let sinks: Plan['sinks'] = new Map()
  const marks = new Map<string, string>()
  const ended = new Set<Ended>()

  function isPast(pause: Pause): boolean {
    const { sink, options, at, by } = pause
    if (by !== 'receiver') return false
    for (const one of ended) {
      if (one.sink === sink && one.options === options && at <= one.at) return true
    }
    return isOthers(pause, sinks) && now() - at > OTHERS_MS
  }

  return {
    follow(plan) {
      sinks = plan.sinks
      for (const live of sinks.values()) {
        const mark = optionsMark(live)
        const options = marks.get(live.name) ?? mark
        if (options !== mark) ended.add({ sink: live.name, options, at: now() })
        marks.set(live.name, mark)
      }
    },
    async end(stored) {
      const known = [...ended]
      const past = stored.filter(isPast)
      for (const pause of past) await ledger.resume(pause.sink, pause)
      for (const one of known) ended.delete(one)
      return stored.filter((pause) => !past.includes(pause))
    },
  }
}

/** Whether it is about other options than the sink has here. */
export function isOthers(pause: Pause, sinks: Plan['sinks']): boolean {
  const live = sinks.get(pause.sink)
  return live !== undefined && !concerns(pause, live)
}
