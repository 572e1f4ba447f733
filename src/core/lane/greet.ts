import { messageOf } from '../errors.ts'
import type { LiveSink } from '../plan.ts'
import type { Runtime } from '../runtime.ts'
import { within } from '../within.ts'

/** A plug that never comes back must not be waited for. */
const GREET_MS = 10_000
const MAX_MESSAGE = 1000

/**
 * Greets a new sink's receiver once and logs what came of it. Nothing waits for that, and nothing else follows from it.
 * The function that it returns ends it without a word. A sink that the file pauses is left alone.
 */
export function greet(live: LiveSink, { log, contain }: Pick<Runtime, 'log' | 'contain'>) {
  const { name, sink, settings, conceal } = live
  const leaving = new AbortController()
  const leave = () => leaving.abort()
  if (!sink.greet || settings.paused) return leave

  const tell = (level: 'info' | 'warn', said: unknown) => {
    if (leaving.signal.aborted) return
    log[level]({ sink: name }, conceal(messageOf(said)).slice(0, MAX_MESSAGE))
  }
  const greeting = within(
    GREET_MS,
    (late) => {
      const signal = AbortSignal.any([late, leaving.signal])
      const task = async () => sink.greet?.(signal)
      return Promise.race([contain(task, (stray) => tell('warn', stray)), aborted(leaving.signal)])
    },
    () => new Error(`its greeting took longer than ${GREET_MS / 1000} s`),
  )
  greeting.then(
    (said) => tell('info', said),
    (error: unknown) => tell('warn', error),
  )
  return leave
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
