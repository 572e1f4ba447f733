import type { LiveSink } from '../plan.ts'
import type { LaneState } from './state.ts'

/** What a lane has learnt of its sink, as a plain value. Times in Unix milliseconds. */
export interface LaneMemory {
  /** Failures in a row, as its breaker counts them. */
  readonly failures: number
  /** Until when its breaker leaves the sink alone: half-open from then on. Null where it is closed. */
  readonly openUntil: number | null
  /** When the next request may be made; null where requests are not far apart. */
  readonly nextSlot: number | null
}

/** For a host that ends the process while a lane waits, and starts another. A sink with other options begins anew. */
export interface LaneMemories {
  /** As it was last kept. Undefined where nothing was, of a sink with these options. */
  of(live: LiveSink): LaneMemory | undefined
  /** To be durable before the request that comes next leaves. */
  keep(live: LiveSink, memory: LaneMemory): void
}

export const noMemory: LaneMemory = { failures: 0, openUntil: null, nextSlot: null }

/** Gives the host what the next process has to know, where that has changed. */
export function remember(lane: LaneState): void {
  const { live, breaker, rate, context, kept } = lane
  if (!context.memories) return
  const memory = { ...breaker.memory, nextSlot: rate.memory }
  if (isSame(memory, kept)) return
  lane.kept = memory
  context.memories.keep(live, memory)
}

function isSame(a: LaneMemory, b: LaneMemory): boolean {
  return a.failures === b.failures && a.openUntil === b.openUntil && a.nextSlot === b.nextSlot
}
