import type { Place } from './lane/hold.ts'
import { createLane, type Lane } from './lane/lane.ts'
import type { LaneContext } from './lane/state.ts'
import type { LaneStatus } from './lane/status.ts'
import type { Ledger } from './ledger.ts'
import { createPauses } from './pauses.ts'
import type { Plan } from './plan.ts'

/** The delivering half: one lane a sink. */
export interface Dispatch {
  reserve(sink: string): Place
  /** Gives the plan's sinks their lanes: those whose sink is the same live on untouched, the others' are closed. */
  follow(plan: Plan): void
  /** Looks for what is due where it is time to, and delivers it; `now` looks everywhere. */
  wake(now?: 'now'): void
  /** Looks everywhere; resolves when nothing due is left that a sink would take. */
  drain(): Promise<void>
  /** One a sink of the plan, as it is now. */
  status(): readonly LaneStatus[]
  /** Finishes what is in flight and gives the rest back to the store. */
  close(): Promise<void>
}

export interface DispatchContext extends Omit<LaneContext, 'pauses'> {
  readonly ledger: Pick<Ledger, 'pauses' | 'pause' | 'resume'>
}

/** Where a sink has just left the plan, what it is owed waits in the store. */
const noPlace: Place = { leaseMs: 0, fill: () => {} }

export function createDispatch(context: DispatchContext): Dispatch {
  let lanes = new Map<string, Lane>()
  const pauses = createPauses(context.ledger, context.runtime, () => wakeAll())
  const closing = new Set<Promise<void>>()
  let ended = false

  function wakeAll(now?: 'now'): void {
    for (const lane of lanes.values()) lane.wake(now)
  }

  /** What it gives back, its successor finds. */
  function retire(lane: Lane): void {
    const closed = lane.close().finally(() => {
      closing.delete(closed)
      lanes.get(lane.live.name)?.wake('now')
    })
    closing.add(closed)
  }

  return {
    reserve: (sink) => lanes.get(sink)?.reserve() ?? noPlace,
    follow(plan) {
      if (ended) return
      const before = lanes
      lanes = new Map()
      for (const live of plan.sinks.values()) {
        const lane = before.get(live.name)
        const same = lane?.live.sink === live.sink
        lanes.set(live.name, same && lane ? lane : createLane(live, { ...context, pauses }))
      }
      for (const lane of before.values()) if (lanes.get(lane.live.name) !== lane) retire(lane)
      pauses.follow(plan)
      void pauses.refresh('now')
      wakeAll()
    },
    wake(now) {
      void pauses.refresh(now)
      wakeAll(now)
    },
    async drain() {
      await pauses.refresh('now')
      wakeAll('now')
      await Promise.all([...lanes.values()].map((lane) => lane.idle()))
    },
    status: () => [...lanes.values()].map((lane) => lane.status()),
    async close() {
      ended = true
      for (const lane of lanes.values()) retire(lane)
      lanes = new Map()
      await Promise.all(closing)
    },
  }
}
