import type { WSClient } from '@larksuiteoapi/node-sdk'
import type { Log } from '../../core/runtime.ts'
import type { Timing } from './connection.ts'
import type { Way } from './way.ts'

/**
 * Keeps the time between two pings within reason. The SDK takes whatever Feishu says in its first answer and in every
 * pong, and without a number that a timer can hold it would ping without end. Gives what it is now, in milliseconds.
 */
export function boundPings(client: WSClient, { minPingMs, maxPingMs }: Timing): () => number {
  let pingMs = maxPingMs
  // Private, but the only place where it is kept.
  const { ws } = Reflect.get(client, 'wsConfig')
  Object.defineProperty(ws, 'pingInterval', {
    get: () => pingMs,
    set(told: number) {
      if (!Number.isNaN(told)) pingMs = Math.min(Math.max(told, minPingMs), maxPingMs)
    },
  })
  return () => pingMs
}

/**
 * Closes the socket when nothing has come for `silentMs`: the SDK's own watch begins anew with every ping, and so never
 * ends where they are frequent.
 */
export function watchSilence(way: Way, silentMs: () => number, log: Log): void {
  let seen = way.bytesRead()
  const look = () => {
    const read = way.bytesRead()
    if (read === seen) {
      log.warn({}, 'nothing comes from Feishu any more')
      return way.destroy()
    }
    seen = read
    timer = setTimeout(look, silentMs()).unref()
  }
  let timer = setTimeout(look, silentMs()).unref()
  way.ended.then(() => clearTimeout(timer))
}
