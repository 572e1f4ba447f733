import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { adaptDefault, EventDispatcher, LoggerLevel } from '@larksuiteoapi/node-sdk'
import { Webhook } from 'standardwebhooks'

/** A consumer on loopback, which keeps the ids of the events that it has verified. */
export interface DemoReceiver {
  readonly url: string
  /** Its own keys, as variables of the demo's routes.yaml. */
  readonly env: Readonly<Record<string, string>>
  readonly ids: readonly string[]
  close(): void
}

/** Takes CloudEvents, and checks their Standard Webhooks signature with the standard library for it. */
export async function openSignedReceiver(): Promise<DemoReceiver> {
  const ids: string[] = []
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const webhook = new Webhook(secret)
  const server = await listen(async (request, response) => {
    try {
      const body = await text(request)
      webhook.verify(body, headersOf(request.headers))
      ids.push(String(JSON.parse(body).id))
      response.end()
    } catch {
      response.writeHead(400).end()
    }
  })
  return { ...server, env: { FINANCE_SECRET: secret, FINANCE_URL: server.url }, ids }
}

function headersOf(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

/** An ordinary consumer built on the official SDK, exactly as it would stand behind Feishu itself. */
export async function openSdkReceiver(): Promise<DemoReceiver> {
  const ids: string[] = []
  const verificationToken = randomBytes(16).toString('hex')
  const encryptKey = randomBytes(16).toString('hex')
  const loggerLevel = LoggerLevel.error
  const dispatcher = new EventDispatcher({ encryptKey, verificationToken, loggerLevel }).register({
    approval_cc: (event: { uuid: string }) => void ids.push(event.uuid),
  })
  const path = '/webhook/event'
  const server = await listen(adaptDefault(path, dispatcher, { autoChallenge: true }))
  const env = { HR_TOKEN: verificationToken, HR_KEY: encryptKey, HR_URL: `${server.url}${path}` }
  return { ...server, env, ids }
}

async function listen(listener: RequestListener): Promise<Pick<DemoReceiver, 'url' | 'close'>> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => server.close().closeAllConnections(),
  }
}
