import { messageOf } from '../errors.ts'
import type { Runtime } from '../runtime.ts'

/** How deliveries of one sink ended, or that they were given back, on its way to the store. */
export interface Write {
  readonly sink: string
  run(): Promise<void>
  /** Whether the store could not take it when it came. */
  isLate: boolean
  /** How often the store has refused it, and was well. */
  refusals: number
  /** Refused once more: it is tried again, and nothing else should wait for it. */
  refused(): void
  /** It is stored, or given up. */
  end(): void
}

/** What the store could not take, tried on until it does. */
export interface Late {
  /** Whether to try anything else is of no use just now. */
  readonly isOut: boolean
  /** `failure` is what the store said of it; none where it was not asked, for it is out. */
  add(write: Write, failure?: unknown): void
  /** It is not wanted any more. */
  drop(write: Write): void
}

interface Context extends Pick<Runtime, 'log' | 'random'> {
  check(): Promise<void>
}

interface State extends Context {
  readonly waiting: Set<Write>
  isOut: boolean
  /** How many have been stored since the first was late. */
  stored: number
  waitMs: number
  timer: ReturnType<typeof setTimeout> | undefined
}

/** The waits between tries double from the first to the longest; each is shortened by up to a half, at random. */
const WAIT_MS = { first: 200, longest: 2000 }

/** So often by a store that is well: then it is the write's own fault, and to try on would not mend it. */
const REFUSALS = 5

/**
 * While the store is out, the oldest is tried alone; once that is taken, or `check` says that the store is well, all
 * are. An outage is logged at its beginning and at its end, however much has to wait for that.
 */
export function createLate({ check, log, random }: Context): Late {
  const state: State = {
    check,
    log,
    random,
    waiting: new Set(),
    isOut: false,
    stored: 0,
    waitMs: WAIT_MS.first,
    timer: undefined,
  }
  const { waiting } = state
  return {
    get isOut() {
      return state.isOut
    },
    add(write, failure) {
      write.isLate = true
      waiting.add(write)
      if (failure === undefined) return
      state.isOut = true
      if (waiting.size > 1) return
      const fields = { error: messageOf(failure) }
      log.error(fields, 'cannot store how deliveries end: this is tried on until it is done')
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
  const [oldest] = waiting
  if (oldest && ((await failureOf(state, oldest)) === null || (await isWell(state)))) {
    state.isOut = false
    await tryAll(state)
  }
  if (waiting.size > 0) return planNext(state)
  if (state.stored > 0) log.info({ stored: state.stored }, 'how deliveries end is stored again')
  reset(state)
}

async function tryAll(state: State): Promise<void> {
  const tried = [...state.waiting].map(async (write) => {
    return { write, failure: await failureOf(state, write) }
  })
  const failed = (await Promise.all(tried)).filter(({ failure }) => failure !== null)
  if (failed.length === 0) return
  state.isOut = !(await isWell(state))
  if (state.isOut) return
  for (const { write, failure } of failed) refuse(state, write, failure)
}

/** Null when it is stored. */
async function failureOf(state: State, write: Write): Promise<string | null> {
  try {
    await write.run()
  } catch (error) {
    return messageOf(error)
  }
  if (state.waiting.delete(write)) state.stored++
  write.end()
  return null
}

function refuse({ waiting, log }: State, write: Write, error: string | null): void {
  write.refusals++
  write.refused()
  if (write.refusals < REFUSALS || !waiting.delete(write)) return
  const fields = { sink: write.sink, error }
  log.error(fields, 'the store refuses to take how a delivery ended: it will be made once more')
  write.end()
}

async function isWell({ check }: State): Promise<boolean> {
  try {
    await check()
    return true
  } catch {
    return false
  }
}
