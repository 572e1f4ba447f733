import { createLane, type Lane, type LaneContext, type Place } from './lane.ts'
import type { Plan } from './plan.ts'

/** The delivering half: one lane a sink. */
export interface Dispatch {
  reserve(sink: string): Place
  /** Gives the plan's sinks their lanes: those whose sink is the same live on untouched, the others' are closed. */
  follow(plan: Plan): void
  /** Looks for what is due where it is time to, and delivers it. */
  wake(): void
  /** Looks everywhere; resolves when nothing due is left that a sink would take. */
  drain(): Promise<void>
  /** Finishes what is in flight and gives the rest back to the store. */
  close(): Promise<void>
}

/** Where a sink has just left the plan, what it is owed waits in the store. */
const noPlace: Place = { leaseMs: 0, fill: () => {} }

export function createDispatch(context: LaneContext): Dispatch {
  let lanes = new Map<string, Lane>()
  const closing = new Set<Promise<void>>()
  let ended = false

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
        lanes.set(live.name, same && lane ? lane : createLane(live, context))
      }
      for (const lane of before.values()) if (lanes.get(lane.live.name) !== lane) retire(lane)
      wake(lanes)
    },
    wake: () => wake(lanes),
    async drain() {
      wake(lanes, 'now')
      await Promise.all([...lanes.values()].map((lane) => lane.idle()))
    },
    async close() {
      ended = true
      for (const lane of lanes.values()) retire(lane)
      lanes = new Map()
      await Promise.all(closing)
    },
  }
}

function wake(lanes: ReadonlyMap<string, Lane>, now?: 'now'): void {
  for (const lane of lanes.values()) lane.wake(now)
}
