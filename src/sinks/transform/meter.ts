/** What an expression may take. Steps are counted, not timed: the same event always comes out the same. */
const MOST_STEPS = 100_000
/** Of any value along the way, in characters as JSON. */
export const MOST_CHARACTERS = 1_048_576
/** Of a list that an expression makes. */
export const MOST_ITEMS = 10_000
/** Of steps within steps, those of calls too. */
export const DEEPEST_STEP = 2_000
const DEEPEST_VALUE = 200

/** So much of a value is looked through in the time of one step. */
const CHARACTERS_A_STEP = 128
const ITEMS_A_STEP = 16

/** What is thrown at an expression that takes too much. JSONata adds its place to it. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
}

/** Counts what an evaluation takes, one at a time. */
export interface Meter {
  /** Counts anew. */
  begin(): void
  /** Throws LimitError once it is too much. */
  spend(steps: number): void
  readonly spent: number
  /** About how long a value is as JSON. Throws LimitError where that is too much, or goes too deep. */
  sizeOf(value: unknown): number
  /** Spends what it takes to look through a whole value. */
  lookThrough(value: unknown): void
  /** What this value holds may still change: its size is not remembered. */
  expectChange(value: object): void
  /** From now on every step is one too many. */
  stop(): void
}

export function createMeter(): Meter {
  let sizes = new WeakMap<object, number>()
  let changing = new WeakSet<object>()
  let spent = 0

  function spend(steps: number): void {
    spent += steps
    if (spent > MOST_STEPS) throw new LimitError('takes too long')
  }

  /** `isFinal`: nothing in it may still change. */
  function measure(value: object, depth: number): { size: number; isFinal: boolean } {
    const known = sizes.get(value)
    if (known !== undefined) return { size: known, isFinal: true }
    if (depth > DEEPEST_VALUE) throw new LimitError('makes something that is nested too deeply')
    let [size, isFinal] = [2, !changing.has(value)]
    const add = (item: unknown, around: number) => {
      const inner = isValue(item)
        ? measure(item, depth + 1)
        : { size: lengthOf(item), isFinal: true }
      size += inner.size + around
      isFinal &&= inner.isFinal
      if (size > MOST_CHARACTERS) throw new LimitError('makes something that is too large')
    }
    spend((Array.isArray(value) ? value.length : 4) / ITEMS_A_STEP)
    if (Array.isArray(value)) for (const item of value) add(item, 1)
    else for (const [key, item] of Object.entries(value)) add(item, key.length + 4)
    if (isFinal) sizes.set(value, size)
    return { size, isFinal }
  }

  function sizeOf(value: unknown): number {
    const size = isValue(value) ? measure(value, 0).size : lengthOf(value)
    if (size > MOST_CHARACTERS) throw new LimitError('makes something that is too large')
    return size
  }

  return {
    begin() {
      sizes = new WeakMap()
      changing = new WeakSet()
      spent = 0
    },
    spend,
    get spent() {
      return spent
    },
    sizeOf,
    lookThrough: (value) => spend(sizeOf(value) / CHARACTERS_A_STEP),
    expectChange: (value) => void changing.add(value),
    stop() {
      spent = Number.POSITIVE_INFINITY
    },
  }
}

/** No value is smaller, so that a size bounds how many values there are. */
const SMALLEST = 8

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? Math.max(value.length, SMALLEST) : SMALLEST
}

/** An object or a list; JSONata's functions are objects too, which nobody looks into. */
function isValue(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isFunction(value)
}

/** Whether JSONata would call it. */
export function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null) return false
  return (
    ('_jsonata_function' in value && value._jsonata_function === true) ||
    ('_jsonata_lambda' in value && value._jsonata_lambda === true)
  )
}
