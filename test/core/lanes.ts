import { createDispatch, type DispatchContext } from '../../src/core/dispatch.ts'
import { DeliveryError, type DeliveryFailure } from '../../src/core/errors.ts'
import type { DeliveryResult, Happening } from '../../src/core/happening.ts'
import type { LiveSink, Plan, SinkSettings } from '../../src/core/plan.ts'
import type { Sink } from '../../src/core/plugin.ts'
import { createRedaction } from '../../src/core/redact.ts'
import type { Store } from '../../src/core/store.ts'
import type { Tracer } from '../../src/core/trace.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { recordingLog } from '../log.ts'
import { sampleEvent } from '../sample-event.ts'
import { settings as anySettings, emptyPlan } from '../settings.ts'

export const START = 1_700_000_000_000

interface Setup {
  readonly sinks: Record<string, { sink: Sink; settings?: Partial<SinkSettings> }>
  readonly store?: Store
  /** What the host says of itself. */
  readonly host?: Pick<DispatchContext, 'lookEveryMs' | 'greets' | 'memories' | 'heldChars'>
  readonly tracer?: Tracer
  /** Names of fields. */
  readonly redact?: readonly string[]
}

export function live(name: string, sink: Sink, settings: Partial<SinkSettings> = {}): LiveSink {
  const retry = { waits: [5000, 15_000], jitter: 0, quick: 0 }
  const defaults = { ...anySettings, concurrency: 4, retry }
  return {
    name,
    type: 'test',
    sink,
    settings: { ...defaults, ...settings },
    fingerprint: name,
    conceal: (text) => text.replaceAll('hunter2', '***'),
  }
}

export function planOf(...sinks: readonly LiveSink[]): Plan {
  const byName = new Map(sinks.map((sink) => [sink.name, sink]))
  return { ...emptyPlan, sinks: byName, route: () => [...byName.keys()] }
}

/** A dispatch over the memory store, with a clock that the test moves. */
export function setup({ sinks, store = openMemoryStore(), host, tracer, redact = [] }: Setup) {
  const clock = { now: START }
  const log = recordingLog()
  const results: [string, DeliveryResult][] = []
  const happenings: Happening[] = []
  const wakes: number[] = []
  const lives = Object.entries(sinks).map(([name, { sink, settings }]) =>
    live(name, sink, settings),
  )
  const runtime = {
    ...createNodeRuntime({ folder: '.', log }),
    now: () => clock.now,
    random: () => 0,
    ...(tracer && { tracer }),
  }
  const dispatch = createDispatch({
    outbox: store,
    ledger: store,
    runtime,
    tell(happening) {
      happenings.push(happening)
      if (happening.kind === 'attempted') results.push([happening.sink, happening.result])
    },
    redact: () => createRedaction(redact),
    wakeAt: (time) => void wakes.push(time),
    ...host,
  })
  let ids = 0
  async function oweInOrder(orderKey: string | null, ...names: readonly string[]) {
    const owed = names.map((sink) => ({ sink, orderKey, claimMs: 0 }))
    const event = sampleEvent({ id: `event-${++ids}` })
    await store.accept([{ event, problems: [], owed }], clock.now)
    return event
  }
  return {
    clock,
    log,
    store,
    runtime,
    dispatch,
    results,
    happenings,
    wakes,
    lives,
    /** Stores an event that these sinks are owed, and delivers what it may. */
    owe: (...names: readonly string[]) => oweInOrder(null, ...names),
    /** The same, under an order key. */
    oweInOrder,
    async pending(): Promise<Record<string, number>> {
      const rows = await store.backlog()
      return Object.fromEntries(rows.map(({ sink, pending }) => [sink, pending]))
    },
    async dead(): Promise<number> {
      return (await store.backlog()).reduce((sum, { dead }) => sum + dead, 0)
    },
  }
}

/** A sink that answers each delivery in turn; what is no error is success. */
export function scripted(...answers: readonly (DeliveryFailure | Error | 'ok')[]) {
  const delivered: string[] = []
  let calls = 0
  const sink: Sink = {
    async deliver(event) {
      const answer = answers[calls++] ?? 'ok'
      if (answer instanceof Error) throw answer
      if (answer !== 'ok') throw new DeliveryError('refused', answer)
      delivered.push(event.id)
    },
  }
  return { sink, delivered, calls: () => calls }
}
