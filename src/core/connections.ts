import { messageOf } from './errors.ts'
import { type IngestContext, take } from './ingest.ts'
import type { LiveSource, Plan } from './plan.ts'
import type { Runtime } from './runtime.ts'
import { within } from './within.ts'

/** The sources of the plan in force, as far as they do something by themselves. */
export interface Connections {
  /** Lets the sources bring events from now on. To be called once. */
  connect(): void
  /** Sources that both plans have stay connected; those that are new connect, and those that have gone are closed. */
  follow(plan: Plan): void
  /** One a source that connects, in the order of the plan. */
  status(): readonly ConnectionStatus[]
  /** Resolves when no source brings anything more. */
  close(): Promise<void>
}

export interface ConnectionStatus {
  readonly source: string
  readonly connected: boolean
}

/** A source as the latest plan that had it says: its name and its event types may change while it is connected. */
interface Held {
  live: LiveSource
}

/** What a source may take to finish what it is bringing. */
const CLOSE_MS = 5_000

export function createConnections(plan: Plan, context: IngestContext): Connections {
  const closing = new Set<Promise<void>>()
  let held = hold(plan, [])
  let current = plan
  let state: 'waiting' | 'connected' | 'closed' = 'waiting'

  function start(fresh: readonly Held[]): void {
    if (state !== 'connected') return
    for (const one of fresh) connect(one, context)
    for (const { live } of held) subscribe(live, current, context)
  }

  function end(gone: readonly Held[]): void {
    for (const one of gone) {
      const ending = close(one.live, context).finally(() => closing.delete(ending))
      closing.add(ending)
    }
  }

  return {
    connect() {
      state = 'connected'
      start(held)
    },
    follow(next) {
      // A reload that was under way: what it has opened has not connected.
      if (state === 'closed') return
      const before = held
      current = next
      held = hold(next, before)
      start(held.filter((one) => !before.includes(one)))
      end(before.filter((one) => !held.includes(one)))
    },
    status: () =>
      held
        .filter(({ live }) => live.source.connect !== undefined)
        .map(({ live }) => ({ source: live.name, connected: isConnected(live, context) })),
    async close() {
      state = 'closed'
      const last = held
      held = []
      end(last)
      await Promise.all(closing)
    },
  }
}

function hold(plan: Plan, before: readonly Held[]): readonly Held[] {
  return plan.sources.map((live) => {
    const known = before.find((one) => one.live.source === live.source)
    return known ? Object.assign(known, { live }) : { live }
  })
}

function connect(held: Held, context: IngestContext): void {
  const { live } = held
  const stray = strayOf(live, context.runtime.log)
  const connecting = async () =>
    live.source.connect?.(async (received) => {
      await take(context, held.live, received)
    })
  context.runtime.contain(connecting, stray).catch(stray)
}

function subscribe(live: LiveSource, plan: Plan, { runtime }: IngestContext): void {
  const stray = strayOf(live, runtime.log)
  const subscribing = async () => live.source.subscribe?.(plan.approvals(live.name))
  runtime.contain(subscribing, stray).catch(stray)
}

function isConnected({ name, source }: LiveSource, { runtime }: IngestContext): boolean {
  try {
    return source.connected?.() ?? true
  } catch (error) {
    strayOf({ name }, runtime.log)(error)
    return false
  }
}

async function close({ name, source }: LiveSource, { runtime }: IngestContext): Promise<void> {
  const tooLate = () => new Error(`not within ${CLOSE_MS / 1000} s`)
  try {
    await within(CLOSE_MS, async () => source.close?.(), tooLate)
  } catch (error) {
    runtime.log.error({ source: name, error: messageOf(error) }, 'a source did not close')
  }
}

function strayOf({ name }: Pick<LiveSource, 'name'>, log: Runtime['log']) {
  return (error: unknown) => {
    log.error({ source: name, error: messageOf(error) }, 'a source has failed')
  }
}
