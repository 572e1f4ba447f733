import { setImmediate } from 'node:timers/promises'
import type { SharedLanes } from '../../src/core/lane/shared.ts'
import type { SinkSettings } from '../../src/core/plan.ts'
import type { Sink } from '../../src/core/plugin.ts'
import type { Store } from '../../src/core/store.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { memoryLanes } from './lane/memory-lanes.ts'
import { live, planOf, START, setup } from './lanes.ts'

/** What a gateway of them has made of its own: its sink, and its way to the store. */
interface Own {
  readonly sink?: Sink
  readonly store?: (store: Store) => Store
}

/** Gateways over one store, with one clock, which jumps to whatever any of them waits for. One sink, `a`. */
export function openGateways(
  sink: Sink,
  settings: Partial<SinkSettings>,
  own: readonly Own[] = [{}, {}, {}],
) {
  const store: Store = { ...openMemoryStore(), lanes: memoryLanes() }
  const timers: { readonly at: number; run(): void }[] = []
  let now = START
  const gateways = own.map((one, i) => {
    const gateway = setup({ sinks: {}, store: one.store?.(store) ?? store })
    gateway.clock.now = now
    return { ...gateway, name: 'abc'[i], plan: planOf(live('a', one.sink ?? sink, settings)) }
  })
  const [first] = gateways
  if (!first) throw new Error('no gateway')

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await setImmediate()
  }

  function goOn(until: number): void {
    const times = [...timers.map(({ at }) => at), ...gateways.flatMap(({ wakes }) => wakes)]
    now = Math.min(until, ...times.filter((time) => time > now))
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(timer), 1)
      timer.run()
    }
    for (const { clock, dispatch, wakes } of gateways) {
      clock.now = now
      const waits = wakes.splice(0)
      wakes.push(...waits.filter((time) => time > now))
      if (wakes.length < waits.length) dispatch.wake()
    }
  }

  return {
    gateways,
    now: () => now - START,
    async owe(count: number): Promise<void> {
      for (let each = 0; each < count; each++) await first.owe('a')
    },
    start: (...which: readonly number[]) => {
      const some = which.length > 0 ? which : gateways.keys()
      for (const i of some) {
        const { dispatch, plan } = gateways[i] ?? first
        dispatch.follow(plan)
      }
      return settle()
    },
    /** To that many milliseconds from the start. */
    async runTo(ms: number): Promise<void> {
      while (now < START + ms) {
        goOn(START + ms)
        await settle()
      }
    },
    later: (ms: number) =>
      new Promise<void>((resolve) => {
        timers.push({ at: now + ms, run: resolve })
      }),
    states: () => gateways.map(({ dispatch }) => dispatch.status()[0]?.breaker),
    pending: first.pending,
    async [Symbol.asyncDispose]() {
      const closed = Promise.all(gateways.map(({ dispatch }) => dispatch.close()))
      for (const timer of timers.splice(0)) timer.run()
      await closed
    },
  }
}

/** The same store, but for what its lanes do. */
export function withLanes(
  store: Store,
  change: (lanes: SharedLanes) => Partial<SharedLanes>,
): Store {
  const { lanes } = store
  return lanes ? { ...store, lanes: { ...lanes, ...change(lanes) } } : store
}
