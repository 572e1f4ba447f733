import type { Place } from './lane/hold.ts'
import { createLane, type Lane } from './lane/lane.ts'
import { createSettling } from './lane/settler.ts'
import { createSharing } from './lane/sharing.ts'
import type { LaneContext } from './lane/state.ts'
import type { LaneStatus } from './lane/status.ts'
import type { Ledger } from './ledger.ts'
import { createPauses } from './pauses.ts'
import type { Plan } from './plan.ts'
import type { Store } from './store.ts'
import { createTally } from './tally.ts'

/** The delivering half: one lane a sink. */
export interface Dispatch {
  reserve(sink: string): Place
  /** Gives the plan's sinks their lanes: those whose sink is the same live on untouched, the others' are closed. */
  follow(plan: Plan): void
  /** Looks for what is due where it is time to, and delivers it; `now` looks everywhere. */
  wake(now?: 'now'): void
  /** Looks at once for what is due to this sink. */
  look(sink: string): void
  /** Looks everywhere; resolves when nothing due is left that a sink would take. */
  drain(): Promise<void>
  /** One a sink of the plan, as it is now. */
  status(): readonly LaneStatus[]
  /** Finishes what is in flight and gives the rest back to the store. */
  close(): Promise<void>
}

/** What all lanes have together. */
type Common = 'settling' | 'sharing' | 'unclaimed'

export interface DispatchContext extends Omit<LaneContext, 'pauses' | Common> {
  readonly outbox: LaneContext['outbox'] & Pick<Store, 'lanes'>
  readonly ledger: Pick<Ledger, 'pauses' | 'pause' | 'resume'>
}

/** Where a sink has just left the plan, what it is owed waits in the store. */
const noPlace: Place = { leaseMs: 0, fill: () => {} }

export function createDispatch(context: DispatchContext): Dispatch {
  let lanes = new Map<string, Lane>()
  const pauses = createPauses(context.ledger, context.runtime, () => wakeAll())
  const common = openCommon(context)
  const { settling, sharing } = common
  const closing = new Set<Promise<void>>()
  let ended = false

  function wakeAll(now?: 'now'): void {
    for (const lane of lanes.values()) lane.wake(now)
  }

  const hear = async (at?: 'now' | 'soon') => sharing?.refresh(lanes.values(), at)
  // Nothing starts before pauses are known; what is open for others had better be known then.
  const read = (now?: 'now') => hear(now).then(() => pauses.refresh(now))

  const retire = (lane: Lane) => close(lane, () => lanes.get(lane.live.name), closing)

  return {
    reserve: (sink) => lanes.get(sink)?.reserve() ?? noPlace,
    follow(plan) {
      if (ended) return
      const before = lanes
      lanes = lanesOf(plan, before, { ...context, ...common, pauses })
      for (const lane of before.values()) if (lanes.get(lane.live.name) !== lane) retire(lane)
      pauses.follow(plan)
      void read('now')
      wakeAll()
    },
    wake(now) {
      void read(now)
      wakeAll(now)
    },
    look(sink) {
      void hear('soon')
      lanes.get(sink)?.wake('now')
    },
    async drain() {
      await read('now')
      wakeAll('now')
      await Promise.all([...lanes.values()].map((lane) => lane.idle()))
    },
    status: () => [...lanes.values()].map((lane) => lane.status()),
    async close() {
      ended = true
      settling.hasten()
      for (const lane of lanes.values()) retire(lane)
      lanes = new Map()
      await Promise.all(closing)
      settling.close()
    },
  }
}

function openCommon({
  outbox,
  runtime,
}: Pick<DispatchContext, 'outbox' | 'runtime'>): Pick<LaneContext, Common> {
  return {
    settling: createSettling(outbox, runtime),
    sharing: outbox.lanes && createSharing(outbox.lanes, runtime),
    unclaimed: createTally(runtime, 'cannot claim from the store', 'error'),
  }
}

/** What it gives back, its successor finds. */
function close(lane: Lane, successor: () => Lane | undefined, closing: Set<Promise<void>>): void {
  const closed = lane.close().finally(() => {
    closing.delete(closed)
    successor()?.wake('now')
  })
  closing.add(closed)
}

/** Those of `before` whose sink is the same live on. */
function lanesOf(
  plan: Plan,
  before: ReadonlyMap<string, Lane>,
  context: LaneContext,
): Map<string, Lane> {
  const lanes = [...plan.sinks.values()].map((live): [string, Lane] => {
    const lane = before.get(live.name)
    return [live.name, lane?.live.sink === live.sink ? lane : createLane(live, context)]
  })
  return new Map(lanes)
}
