/** The event that an expression is evaluated for: its time is what `$now()` tells, its id what `$random()` goes by. */
export interface Origin {
  readonly id: string
  /** Unix milliseconds. */
  readonly time: number
}

/** What would be another each time, were it not the event's: a retry sends under the same id what was sent before. */
export interface Occasion {
  begin(origin: Origin): void
  readonly time: number
  /** At least 0, less than 1. */
  random(): number
}

export function createOccasion(): Occasion {
  let time = 0
  let state = 0
  return {
    begin(origin) {
      time = origin.time
      state = hash(origin.id)
    },
    get time() {
      return time
    },
    random() {
      state = (state + STEP) | 0
      return mixed(state) / 2 ** 32
    },
  }
}

/** 2^32 over the golden ratio: its multiples are spread evenly. */
const STEP = 0x9e3779b9

/** FNV-1a, of 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193)
  return state
}

/** MurmurHash3's last step: each bit tells in every other. */
function mixed(state: number): number {
  const once = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}
