import { isObject } from '../core/event.ts'
import { type Envelope, readEnvelope } from '../feishu/envelope.ts'
import { type Api, createApi } from './api.ts'
import type { SimulatedApp } from './app.ts'
import {
  createLongConnection,
  type LongConnection,
  type LongConnectionOptions,
} from './long-connection.ts'
import { orderKeyOf } from './order-key.ts'
import { createPush, type Push, type PushOptions } from './push.ts'
import { atSpeed, createSchedule, type Send, type Sent, type Wait } from './schedule.ts'
import { openServer } from './server.ts'

export interface SimulatorOptions extends PushOptions {
  readonly apps: readonly SimulatedApp[]
  /** The tenant's approval definitions. Without it, every code is one. */
  readonly approvals?: readonly string[]
  /** The approvals that every app has subscribed to before: of others nothing is sent. */
  readonly subscribed?: readonly string[]
  /** How long a wait between two attempts takes; default: as long as Feishu's own, up to six hours. */
  readonly wait?: Wait
  readonly connection?: Pick<LongConnectionOptions, 'config' | 'ackMs'>
}

/** What became of an event; `not subscribed`: it was never sent. */
export interface Emitted extends Pick<Sent, 'attempts'> {
  readonly outcome: Sent['outcome'] | 'not subscribed'
}

/** Feishu, small: it sends events of its apps by callback or long connection, and answers their API calls. */
export interface Simulator {
  /** Of its API and its long connection: `http://127.0.0.1:12345`, for a source's or an SDK's `domain`. */
  readonly domain: string
  readonly api: Pick<Api, 'isSubscribed' | 'failNext' | 'expireTokens'>
  readonly connection: Pick<LongConnection, 'faults' | 'connected' | 'disconnect'>
  /**
   * Verifies the request URL, as the console does before it saves it, and pushes the app's events there from now on.
   * Rejects with the reason why it is not saved.
   */
  saveUrl(appId: string, url: string): Promise<void>
  /** From now on without verification, or by the long connection again. */
  setUrl(appId: string, url: string | undefined): void
  /**
   * Something happened: `text` is a v1 or v2 body. Resolves when the event has been delivered or given up. Rejects for
   * an app that there is not.
   */
  emit(text: string): Promise<Emitted>
  close(): Promise<void>
}

/** What the console keeps of an app. */
interface Account {
  readonly push: Push
  url: string | undefined
}

export async function openSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { apps, runtime, connection: connectionOptions, wait = atSpeed(1) } = options
  const accounts = new Map<string, Account>()
  for (const app of apps)
    accounts.set(app.id, { push: await createPush(app, options), url: undefined })
  const accountOf = (appId: string) => {
    const account = accounts.get(appId)
    if (account) return account
    throw new Error(`there is no app "${appId}"; there is ${[...accounts.keys()].join(', ')}`)
  }
  const api = createApi({ ...options, now: runtime.now })
  const origin = () => `ws://127.0.0.1:${server.port}`
  const connection = createLongConnection({ ...connectionOptions, apps, origin })
  const server = await openServer(
    (call) => api.answer(call) ?? connection.answer(call),
    connection.upgrade,
  )
  const closed = new AbortController()
  const schedule = createSchedule(wait, closed.signal)
  return {
    domain: `http://127.0.0.1:${server.port}`,
    api,
    connection,
    async saveUrl(appId, url) {
      const account = accountOf(appId)
      await account.push.verify(url)
      account.url = url
    },
    setUrl(appId, url) {
      accountOf(appId).url = url
    },
    async emit(text) {
      const event = read(text)
      const account = accountOf(event.appId)
      if (!isSubscribed(event, api)) return { outcome: 'not subscribed', attempts: [] }
      return schedule(sendOf(text, event.appId, account, connection), orderKeyOf(event))
    },
    async close() {
      closed.abort()
      await server.close()
    },
  }
}

/** To the request URL that is saved by then, or to a client of the long connection where there is none. */
function sendOf(text: string, appId: string, account: Account, connection: LongConnection): Send {
  const push = account.push.sendOf(text)
  const send = connection.sendOf(appId, text)
  return () => (account.url === undefined ? send() : push(account.url))
}

function read(text: string): Envelope {
  const body: unknown = JSON.parse(text)
  return readEnvelope(isObject(body) ? body : {}, text)
}

/** Version 1 events (their types have no dot) come only of approvals that the app has subscribed to. */
function isSubscribed({ appId, type, data }: Envelope, api: Api): boolean {
  const { approval_code: code } = data
  return type.includes('.') || typeof code !== 'string' || api.isSubscribed(appId, code)
}
