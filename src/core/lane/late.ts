import { messageOf, RefusedCallError } from '../errors.ts'
import type { Runtime } from '../runtime.ts'
import { createTally } from '../tally.ts'

/** How deliveries of one sink ended, or that they were given back, on its way to the store. */
export interface Write {
  readonly sink: string
  run(): Promise<void>
  /** The store could not take it when it came: it waits. */
  late(): void
  /** It is stored, or given up. */
  end(): void
}

/** What the store could not take, tried on until it does. Only what the store refuses for its own sake is given up. */
export interface Late {
  /** Whether to try anything else is of no use just now. */
  readonly isOut: boolean
  /** `failure` is what the store said of it; none where it was not asked, for it is out. */
  add(write: Write, failure?: unknown): void
  /** It is not wanted any more. */
  drop(write: Write): void
}

type Context = Pick<Runtime, 'log' | 'now' | 'random'>

interface State extends Context {
  readonly waiting: Set<Write>
  isOut: boolean
  /** How many have been stored since the first was late. */
  stored: number
  waitMs: number
  timer: ReturnType<typeof setTimeout> | undefined
  refused(fields: { readonly sink: string; readonly error: string }): void
}

/**
 * The waits between tries double from the first to the longest; each is shortened by up to a half, at random, so that
 * gateways do not come back all at once.
 */
const WAIT_MS = { first: 200, longest: 2000 }

const REFUSED = 'the store refuses to take how a delivery ended: it will be made once more'

/**
 * While the store is out, one is tried alone, each in its turn; once one is taken, all are. An outage is logged at its
 * beginning and at its end, however much has to wait for that.
 */
export function createLate(context: Context): Late {
  const state: State = {
    ...context,
    waiting: new Set(),
    isOut: false,
    stored: 0,
    waitMs: WAIT_MS.first,
    timer: undefined,
    refused: createTally(context, REFUSED, 'error'),
  }
  const { waiting } = state
  return {
    get isOut() {
      return state.isOut
    },
    add(write, failure) {
      if (failure instanceof RefusedCallError) return giveUp(state, write, failure)
      write.late()
      waiting.add(write)
      if (failure === undefined) return
      state.isOut = true
      if (waiting.size > 1) return
      const fields = { error: messageOf(failure) }
      context.log.error(
        fields,
        'cannot store how deliveries end: this is tried on until it is done',
      )
      planNext(state)
    },
    drop(write) {
      if (!waiting.delete(write) || waiting.size > 0) return
      clearTimeout(state.timer)
      reset(state)
    },
  }
}

function planNext(state: State): void {
  clearTimeout(state.timer)
  state.timer = setTimeout(() => void tryOn(state), state.waitMs * (1 - state.random() / 2))
  state.waitMs = Math.min(state.waitMs * 2, WAIT_MS.longest)
}

function reset(state: State): void {
  state.isOut = false
  state.stored = 0
  state.waitMs = WAIT_MS.first
}

async function tryOn(state: State): Promise<void> {
  const { waiting, log } = state
  const [first] = waiting
  if (first && (await isDone(state, first))) {
    await Promise.all([...waiting].map((write) => isDone(state, write)))
  }
  if (waiting.size > 0) return planNext(state)
  if (state.stored > 0) log.info({ stored: state.stored }, 'how deliveries end is stored again')
  reset(state)
}

/** Whether it waits no longer. Otherwise it is the last to be tried again: it may be the only one in trouble. */
async function isDone(state: State, write: Write): Promise<boolean> {
  const { waiting } = state
  try {
    await write.run()
  } catch (error) {
    const isWanted = waiting.delete(write)
    if (error instanceof RefusedCallError) giveUp(state, write, error)
    else if (isWanted) waiting.add(write)
    return !waiting.has(write)
  }
  state.isOut = false
  if (waiting.delete(write)) state.stored++
  write.end()
  return true
}

function giveUp({ refused }: State, write: Write, failure: RefusedCallError): void {
  refused({ sink: write.sink, error: messageOf(failure) })
  write.end()
}
