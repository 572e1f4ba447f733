import { messageOf } from '../core/errors.ts'
import type { Feed } from '../core/feed.ts'
import type { Log } from '../core/runtime.ts'
import { ConfigFileError } from './config-file-error.ts'
import type { ConfigFile } from './node-config.ts'

export type Read = () => Promise<ConfigFile>

export interface Reload {
  /** Puts a file in force. When it is rejected the log says why, and the old plan runs on. */
  reload(read: Read): Promise<void>
  stop(): void
}

/** Reloads one after the other, in the order in which they were asked for; none once stopped. */
export function createReload(
  { tell }: Feed,
  log: Log,
  apply: (read: Read) => Promise<void>,
): Reload {
  let last = Promise.resolve()
  let stopped = false
  async function reload(read: Read): Promise<void> {
    try {
      await apply(read)
      tell({ kind: 'reloaded', at: Date.now(), result: 'applied', problems: '' })
      log.info({}, 'routes.yaml reloaded')
    } catch (error) {
      const problems = error instanceof ConfigFileError ? error.report : messageOf(error)
      tell({ kind: 'reloaded', at: Date.now(), result: 'rejected', problems })
      log.error({ problems }, 'routes.yaml rejected; the plan before it runs on')
    }
  }
  return {
    reload(read) {
      last = last.then(() => (stopped ? undefined : reload(read)))
      return last
    },
    // One that is under way is not waited for: a plugin may never open.
    stop() {
      stopped = true
    },
  }
}
