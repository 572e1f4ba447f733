import * as T from '@sinclair/typebox'
import { RejectedError } from '../core/errors.ts'
import { isObject } from '../core/event.ts'
import { defineSource, type Received } from '../core/plugin.ts'
import {
  appCredentials,
  appDestinations,
  appOf,
  appOptions,
  appProblems,
} from '../feishu/app-options.ts'
import { checkEnvelope, receivedEvent } from '../feishu/received.ts'
import { createSubscriptions } from '../feishu/subscriptions.ts'
import type { Timing } from './feishu-ws/connection.ts'

/** Events over the long connection of a Feishu app: the gateway needs no address that Feishu can reach. */
export const feishuWs = feishuWsWith({})

/** `timing` is what tests shorten. */
export function feishuWsWith(timing: Partial<Timing>) {
  return defineSource({
    type: 'feishu-ws',
    connects: true,
    unique: 'app_id',
    options: T.Object({
      ...appCredentials,
      // Any other makes the SDK do nothing at all, and say so to nobody.
      app_id: T.String({ ...appCredentials.app_id, pattern: '^cli_[0-9a-fA-F]{16}$' }),
      ...appOptions,
    }),
    check: appProblems,
    destinations: appDestinations,
    checkAgain: checkEnvelope,
    async open(options, runtime) {
      const app = appOf(options)
      if (!app) throw new Error('app_id and app_secret are missing')
      // Here and not above: the SDK is 6 MB of JavaScript, a quarter of a second and 60 MB of memory.
      const { openConnection } = await import('./feishu-ws/connection.ts')
      const subscriptions = options.subscribe ? createSubscriptions(app, runtime) : undefined
      let connection: ReturnType<typeof openConnection> | undefined
      return {
        ...subscriptions,
        connect(take) {
          const bring = (data: unknown) => take(read(data, runtime.now()))
          connection = openConnection({ app, runtime, timing, bring })
        },
        connected: () => connection?.connected() ?? false,
        async probe(signal) {
          const { probeConnection } = await import('./feishu-ws/probe.ts')
          return probeConnection(app, runtime, signal)
        },
        async close() {
          await Promise.all([connection?.close(), subscriptions?.close()])
        },
      }
    },
  })
}

/** The SDK hands over parsed JSON. There is no token to check: the connection itself is authentic. */
async function read(data: unknown, now: number): Promise<Received> {
  if (!isObject(data)) throw new RejectedError(400, 'The event must be a JSON object.')
  return receivedEvent(data, JSON.stringify(data), now)
}
