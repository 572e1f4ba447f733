import type { Log } from '../src/core/runtime.ts'

/** For tests that are about something else. */
export { silentLog } from '../src/hosts/silent-log.ts'

/** Keeps what was logged, a line each. */
export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
