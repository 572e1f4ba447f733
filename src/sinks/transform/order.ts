import { DEEPEST_STEP, LimitError } from './meter.ts'

/** A step that is not done yet. */
interface Open {
  /** When the last step is done of those that are set out together within this one. */
  last: Promise<void>
  readonly done: () => void
}

/**
 * Lets steps that JSONata sets about all at once go one after the other. So there is one step at work at a time, and
 * what is open is that step and those that it is within.
 */
export function createOrder() {
  const open: Open[] = []

  function begin(done: () => void): void {
    if (open.length >= DEEPEST_STEP) {
      throw new LimitError(
        `goes ${DEEPEST_STEP} steps deep: does a function call itself without end?`,
      )
    }
    open.push({ last: Promise.resolve(), done })
  }

  return {
    /** `isTogether`: set out together with others. To be awaited where it is defined: its turn has not come. */
    enter(isTogether: boolean): Promise<void> | undefined {
      const parent = open.at(-1)
      if (!isTogether || parent === undefined) {
        begin(() => {})
        return undefined
      }
      const before = parent.last
      const { promise, resolve } = Promise.withResolvers<void>()
      parent.last = promise
      return before.then(() => begin(resolve))
    },
    leave(): void {
      open.pop()?.done()
    },
  }
}
