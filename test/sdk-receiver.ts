import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { adaptDefault, EventDispatcher } from '@larksuiteoapi/node-sdk'
import { silentLog } from './log.ts'

/** An HTTP consumer built on the official Node SDK, as its users write it. */
export interface SdkReceiver extends AsyncDisposable {
  readonly url: string
  /** What its handler was given. */
  readonly handled: readonly Record<string, unknown>[]
}

export async function openSdkReceiver(
  keys: { encryptKey?: string; verificationToken?: string },
  options = { autoChallenge: true },
): Promise<SdkReceiver> {
  const handled: Record<string, unknown>[] = []
  const dispatcher = new EventDispatcher({ ...keys, logger: { ...silentLog, trace() {} } })
  dispatcher.register<Record<string, (data: Record<string, unknown>) => void>>({
    approval_cc: (data) => void handled.push(data),
  })
  const server = createServer(adaptDefault('/webhook/event', dispatcher, options))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/webhook/event`,
    handled,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
