/** Counts what happened in the last minute. */
export interface PerMinute {
  add(now: number): void
  /** `now` in Unix milliseconds. */
  count(now: number): number
}

const SLOT_MS = 5000
const SLOTS = 60_000 / SLOT_MS

export function createPerMinute(): PerMinute {
  const counts = new Array<number>(SLOTS).fill(0)
  let last = 0

  function at(now: number): number {
    const slot = Math.floor(now / SLOT_MS)
    const passed = Math.abs(slot - last) < SLOTS ? slot - last : SLOTS
    for (let each = 0; each < passed; each++) counts[(slot - each) % SLOTS] = 0
    last = slot
    return slot % SLOTS
  }

  return {
    add(now) {
      const slot = at(now)
      counts[slot] = (counts[slot] ?? 0) + 1
    },
    count(now) {
      at(now)
      return counts.reduce((sum, count) => sum + count, 0)
    },
  }
}
