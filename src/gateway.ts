import type { Hono } from 'hono'
import { createAlerts } from './core/alerts/alerts.ts'
import type { AlertMemory } from './core/alerts/memory.ts'
import { type ConnectionStatus, createConnections } from './core/connections.ts'
import { createDispatch } from './core/dispatch.ts'
import { createFeed, type Feed } from './core/feed.ts'
import type { IngestContext } from './core/ingest.ts'
import type { LaneMemories } from './core/lane/memory.ts'
import type { LaneStatus } from './core/lane/status.ts'
import { createPatience, PATIENCE_MS } from './core/patience.ts'
import type { Plan } from './core/plan.ts'
import { createPruning } from './core/pruning.ts'
import type { Runtime } from './core/runtime.ts'
import type { Store } from './core/store.ts'
import { createTally } from './core/tally.ts'
import { createApp } from './http/app.ts'
import type { IntakeRoom } from './http/intake.ts'
import { createUpgrade, type Upgrade } from './http/long-connection.ts'

export interface GatewayOptions {
  readonly plan: Plan
  readonly store: Store
  readonly runtime: Runtime
  /** Is told of all that happens, and tells the gateway of what the host does; without it, nobody else hears of it. */
  readonly feed?: Feed | undefined
  /** Served beside the public surface, unless the host gives it a port of its own. */
  readonly admin?: Hono | undefined
  /** The address by which receivers that connect are told to; without it, the one by which they have asked. */
  readonly publicUrl?: string | undefined
  /** The core owns work, the host owns time: call `wake` at that time (Unix milliseconds), or soon after. */
  wakeAt(time: number): void
  /** How often to look for what nobody announced; each second by default. Infinity where nobody else has the store. */
  readonly lookEveryMs?: number | undefined
  /** False where the host starts too often for receivers to be greeted at each start. */
  readonly greets?: boolean | undefined
  /** How much a host of little memory lets a lane hold, in characters of events' texts; 16 Mi by default. */
  readonly heldChars?: number | undefined
  /** And its callbacks that wait for their answer; 4,096 and 64 MiB of large ones by default. */
  readonly intakeRoom?: IntakeRoom | undefined
  /** For a host that ends while a sink waits for its rate or its breaker; without it, each start counts anew. */
  readonly memories?: LaneMemories | undefined
  /** And while alerts are gathered. */
  readonly alertMemory?: AlertMemory | undefined
}

export interface Gateway {
  /** `env` is what the host says of the request: Node's, where it came from. */
  fetch(request: Request, env?: object): Promise<Response>
  /** Answers a request for a WebSocket. */
  readonly upgrade: Upgrade
  /** Looks for what is due where it is time to, and delivers it; `now` looks everywhere. Prunes the store a little. */
  wake(now?: 'now'): void
  /** Looks everywhere; resolves when nothing due is left that a sink would take. */
  drain(): Promise<void>
  /** One a sink of the plan, as it is now. */
  status(): readonly LaneStatus[]
  /** Connects the sources that connect by themselves. To be called once, when the host is there to be asked. */
  connect(): void
  /** One a source of the plan that connects by itself, as it is now. */
  connections(): readonly ConnectionStatus[]
  /** From here on events go by the new plan. Sources and sinks that both plans have live on untouched. */
  follow(plan: Plan): void
  /**
   * Closes the sources, finishes what is in flight and gives the rest back to the store. What still comes in is stored,
   * and waits there.
   */
  close(): Promise<void>
}

/** Plan, store and runtime become a gateway, which delivers from now on. */
export function createGateway(options: GatewayOptions): Gateway {
  const { store, runtime, admin, publicUrl } = options
  let current = options.plan
  let isClosing = false
  const plan = () => current
  const { guarded, dispatch, pruning, ingesting, alerts } = createParts(options, plan)
  dispatch.follow(current)
  store.watch?.(dispatch.look)
  pruning.wake()
  const connections = createConnections(current, ingesting)
  const closing = () => isClosing
  const longConnection = { runtime, plan, publicUrl, closing, wake: () => dispatch.wake() }
  const app = createApp({
    ...ingesting,
    ...longConnection,
    checkStore: guarded.check,
    connections: connections.status,
    admin,
    intakeRoom: options.intakeRoom,
  })
  return {
    fetch: async (request, env) => app.fetch(request, env),
    upgrade: createUpgrade(longConnection),
    wake(now) {
      dispatch.wake(now)
      alerts.wake()
      pruning.wake()
    },
    async drain() {
      await dispatch.drain()
      if (await alerts.idle()) await dispatch.drain()
    },
    status: () => dispatch.status(),
    connect: connections.connect,
    connections: connections.status,
    follow(next) {
      current = next
      dispatch.follow(next)
      connections.follow(next)
    },
    async close() {
      isClosing = true
      alerts.hasten()
      await Promise.all([connections, dispatch, pruning].map((part) => part.close()))
      await alerts.close()
    },
  }
}

function createParts(options: GatewayOptions, plan: () => Plan) {
  const { store, runtime, feed = createFeed(), wakeAt, admin, publicUrl } = options
  const { tell, follow } = feed
  const guarded = rememberRefusals(store, runtime)
  const redact = () => plan().redact
  const dispatch = createDispatch({ ...options, tell, redact, outbox: guarded, ledger: store })
  const retention = () => plan().retention
  const pruning = createPruning({ ledger: store, runtime, retention, wakeAt })
  const ingesting = createIngesting({ outbox: guarded, dispatch, runtime, tell, plan })
  const { alertMemory: memory } = options
  const addresses = { publicUrl, hasConsole: admin !== undefined }
  const alerts = createAlerts({ ...ingesting, follow, wakeAt, addresses, memory })
  return { guarded, dispatch, pruning, ingesting, alerts }
}

function createIngesting(
  context: Omit<IngestContext, 'inTime' | 'tooOld' | 'untaken'>,
): IngestContext {
  const { runtime } = context
  return {
    ...context,
    inTime: createPatience(runtime.log),
    tooOld: createTally(
      runtime,
      'events of more than 30 days ago are taken for duplicates: is the clock right?',
    ),
    untaken: createTally(runtime, 'the store cannot take an event', 'error'),
  }
}

/** For how long a store that has refused an event is not ready, whatever it says of itself. */
const REFUSED_MS = 10_000

/** A full disk may have room for a check and none for an event, and what hangs may answer one. */
function rememberRefusals(store: Store, { now }: Runtime): Store {
  let refusedAt = Number.NEGATIVE_INFINITY
  const asked = new Set<{ readonly at: number }>()
  return {
    ...store,
    async accept(batch, at) {
      const asking = { at: now() }
      asked.add(asking)
      try {
        const accepted = await store.accept(batch, at)
        refusedAt = Number.NEGATIVE_INFINITY
        return accepted
      } catch (error) {
        refusedAt = now()
        throw error
      } finally {
        asked.delete(asking)
      }
    },
    async check() {
      // Either way: a clock that has been set back must not make it last.
      if (Math.abs(now() - refusedAt) < REFUSED_MS) throw new Error('it has just refused an event')
      const [oldest = { at: now() }] = asked
      if (Math.abs(now() - oldest.at) >= PATIENCE_MS) throw new Error('it does not answer an event')
      await store.check()
    },
  }
}
