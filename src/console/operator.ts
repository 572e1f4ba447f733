import type { Operator } from '../core/operations/operation.ts'
import type { ConsoleContext } from './context.ts'
import type { Visit } from './visit.ts'

/** Whoever changes something here, for the audit. */
export function operatorOf({ context }: Pick<Visit, 'context'>): Operator {
  const { ledger, runtime } = context
  return { ledger, now: runtime.now, actor: 'console admin' }
}

/** How far long work has come in the time that a page may take. */
export interface Part<State> {
  /** What was done last; undefined where not even one batch was. */
  readonly done: State | undefined
  /** Whether there is more to do. */
  readonly more: boolean
}

/**
 * Does as much of long work as `mostMs` allows: it ends after the batch in hand. Rejects where the gateway ends meanwhile,
 * which does not wait for it.
 */
export async function inTime<State>(
  context: Pick<ConsoleContext, 'ending'>,
  mostMs: number,
  work: (report: (state: State) => void, signal: AbortSignal) => Promise<State>,
): Promise<Part<State>> {
  const timed = new AbortController()
  const late = new Error(`ended after ${mostMs / 1000} s; what was done until then stays done`)
  const timer = setTimeout(() => timed.abort(late), mostMs)
  let reached: State | undefined
  const report = (state: State) => {
    reached = state
  }
  try {
    const signal = AbortSignal.any([timed.signal, context.ending])
    return { done: await work(report, signal), more: false }
  } catch (error) {
    if (error !== late) throw error
    return { done: reached, more: true }
  } finally {
    clearTimeout(timer)
  }
}
