import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { adaptDefault, EventDispatcher, LoggerLevel, WSClient } from '@larksuiteoapi/node-sdk'
import { Webhook } from 'standardwebhooks'

/** A consumer on loopback, which keeps the ids of the events that it has verified. */
export interface DemoReceiver {
  /** Its address and keys, as variables of the demo's routes.yaml. */
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
  const env = { FINANCE_SECRET: secret, FINANCE_URL: server.url }
  return { close: server.close, env, ids }
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
  return { close: server.close, env, ids }
}

/** An ordinary long-connection client of the official SDK: of the gateway it knows but the address. */
export function openConnectedReceiver(): DemoReceiver & {
  /** Resolves when it is connected. */
  connect(domain: string): Promise<void>
} {
  const ids: string[] = []
  const appId = `cli_${randomBytes(8).toString('hex')}`
  const appSecret = randomBytes(16).toString('hex')
  const loggerLevel = LoggerLevel.error
  const eventDispatcher = new EventDispatcher({ loggerLevel }).register({
    approval_cc: (event: { uuid: string }) => void ids.push(event.uuid),
  })
  let client: WSClient | undefined
  return {
    env: { DESK_APP_ID: appId, DESK_APP_SECRET: appSecret },
    ids,
    connect: (domain) =>
      new Promise((onReady, onError) => {
        client = new WSClient({ appId, appSecret, domain, loggerLevel, onReady, onError })
        void client.start({ eventDispatcher })
      }),
    close: () => client?.close(),
  }
}

async function listen(listener: RequestListener): Promise<{ url: string; close(): void }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => server.close().closeAllConnections(),
  }
}
