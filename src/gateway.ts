import type { Hono } from 'hono'
import { createDispatch } from './core/dispatch.ts'
import type { LaneStatus } from './core/lane/status.ts'
import type { Meter } from './core/meter.ts'
import { createPatience } from './core/patience.ts'
import type { Plan } from './core/plan.ts'
import { createPruning } from './core/pruning.ts'
import type { Runtime } from './core/runtime.ts'
import type { Store } from './core/store.ts'
import { createTally } from './core/tally.ts'
import { createApp } from './http/app.ts'

export interface GatewayOptions {
  readonly plan: Plan
  readonly store: Store
  readonly runtime: Runtime
  readonly meter: Meter
  /** Served beside the public surface, unless the host gives it a port of its own. */
  readonly admin?: Hono | undefined
  /** The core owns work, the host owns time: call `wake` at that time (Unix milliseconds), or soon after. */
  wakeAt(time: number): void
}

export interface Gateway {
  /** `env` is what the host says of the request: Node's, where it came from. */
  fetch(request: Request, env?: object): Promise<Response>
  /** Looks for what is due where it is time to, and delivers it; `now` looks everywhere. Prunes the store a little. */
  wake(now?: 'now'): void
  /** Looks everywhere; resolves when nothing due is left that a sink would take. */
  drain(): Promise<void>
  /** One a sink of the plan, as it is now. */
  status(): readonly LaneStatus[]
  /** From here on events go by the new plan. Sinks that both plans have live on untouched. */
  follow(plan: Plan): void
  /** Finishes what is in flight and gives the rest back to the store. What still comes in is stored, and waits there. */
  close(): Promise<void>
}

/** Plan, store and runtime become a gateway, which delivers from now on. */
export function createGateway(options: GatewayOptions): Gateway {
  const { store, runtime, meter, wakeAt, admin } = options
  let current = options.plan
  const guarded = rememberRefusals(store, runtime)
  const dispatch = createDispatch({ outbox: store, ledger: store, runtime, meter, wakeAt })
  const retention = () => current.retention
  const pruning = createPruning({ ledger: store, runtime, retention, wakeAt })
  dispatch.follow(current)
  pruning.wake()
  const app = createApp({
    outbox: guarded,
    dispatch,
    runtime,
    meter,
    inTime: createPatience(runtime.log),
    plan: () => current,
    tooOld: createTally(
      runtime,
      'events of more than 30 days ago are taken for duplicates: is the clock right?',
    ),
    checkStore: guarded.check,
    admin,
  })
  return {
    fetch: async (request, env) => app.fetch(request, env),
    wake(now) {
      dispatch.wake(now)
      pruning.wake()
    },
    drain: () => dispatch.drain(),
    status: () => dispatch.status(),
    follow(plan) {
      current = plan
      dispatch.follow(plan)
    },
    async close() {
      await Promise.all([dispatch.close(), pruning.close()])
    },
  }
}

/** For how long a store that has refused an event is not ready, whatever it says of itself. */
const REFUSED_MS = 10_000

/** A full disk may have room for a check and none for an event. */
function rememberRefusals(store: Store, { now }: Runtime): Store {
  let refusedAt = Number.NEGATIVE_INFINITY
  return {
    ...store,
    async accept(batch, at) {
      try {
        const accepted = await store.accept(batch, at)
        refusedAt = Number.NEGATIVE_INFINITY
        return accepted
      } catch (error) {
        refusedAt = now()
        throw error
      }
    },
    async check() {
      // Either way: a clock that has been set back must not make it last.
      if (Math.abs(now() - refusedAt) < REFUSED_MS) throw new Error('it has just refused an event')
      await store.check()
    },
  }
}
