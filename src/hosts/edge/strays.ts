import { messageOf } from '../../core/errors.ts'
import { createEdgeLog } from './edge-log.ts'

type Timer = (
  task: (...args: readonly unknown[]) => unknown,
  ...rest: readonly unknown[]
) => unknown

/** The platform's globals, as far as errors come from them that nobody caught. */
export interface Scope {
  addEventListener(
    type: 'unhandledrejection',
    listener: (event: { readonly reason: unknown }) => void,
  ): void
  setTimeout: Timer
  setInterval: Timer
}

/**
 * Logs every error that nobody caught, a plugin's most likely. The platform goes on after one. It says of promises that
 * they rejected, and nothing of timers that throw.
 */
export function logStrays(scope: Scope): void {
  const log = createEdgeLog('error')
  const tell = (error: unknown) =>
    log.error({ error: messageOf(error) }, 'an error that nobody caught, in a plugin most likely')
  scope.addEventListener('unhandledrejection', ({ reason }) => tell(reason))
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const begin = scope[name].bind(scope)
    scope[name] = (task, ...rest) =>
      begin(
        (...args) => {
          try {
            return task(...args)
          } catch (error) {
            return tell(error)
          }
        },
        ...rest,
      )
  }
}
