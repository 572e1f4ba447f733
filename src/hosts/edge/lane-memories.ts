import { messageOf } from '../../core/errors.ts'
import type { LaneMemories, LaneMemory } from '../../core/lane/memory.ts'
import { optionsMark } from '../../core/options-mark.ts'
import type { LiveSink, Plan } from '../../core/plan.ts'
import type { Log } from '../../core/runtime.ts'
import type { KeyStorage } from './platform.ts'

/**
 * What lanes remember, one row a sink: an object that waits is removed from memory after ten seconds. Not awaited where
 * it is written, for the platform holds back every request until it is durable.
 */
export async function openLaneMemories(
  { sinks }: Pick<Plan, 'sinks'>,
  storage: KeyStorage,
  log: Log,
): Promise<LaneMemories> {
  const stored = new Map<string, unknown>()
  for (const name of sinks.keys()) stored.set(name, await storage.get(keyOf(name)))
  return {
    of: (live) => parse(stored.get(live.name), live),
    keep(live, memory) {
      const row = JSON.stringify({ options: optionsMark(live), ...memory })
      stored.set(live.name, row)
      storage.put(keyOf(live.name), row).catch((error) => {
        const fields = { sink: live.name, error: messageOf(error) }
        log.error(fields, 'cannot keep what a lane remembers')
      })
    },
  }
}

function keyOf(sink: string): string {
  return `lane:${sink}`
}

function parse(row: unknown, live: LiveSink): LaneMemory | undefined {
  if (typeof row !== 'string') return undefined
  const { options, failures, openUntil, nextSlot } = Object(JSON.parse(row))
  if (options !== optionsMark(live)) return undefined
  return { failures: Number(failures), openUntil: timeOf(openUntil), nextSlot: timeOf(nextSlot) }
}

function timeOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
