import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { EventDispatcher, LoggerLevel, WSClient } from '@larksuiteoapi/node-sdk'
import type { Log, Runtime } from '../../core/runtime.ts'
import type { FeishuApp } from '../../feishu/app-options.ts'
import type { Timing } from './connection.ts'
import { boundPings, watchSilence } from './pings.ts'
import type { Failure } from './refusal.ts'
import { createWay, type Way } from './way.ts'

/** One long connection, open. */
export interface Line {
  isOpen(): boolean
  /** Resolves when it is closed, by whomever. */
  readonly ended: Promise<void>
  /** Sends what is still to be sent, and closes it. */
  close(): Promise<void>
}

interface LineOptions {
  readonly app: FeishuApp
  readonly runtime: Runtime
  readonly timing: Timing
  /** An event is acknowledged with 200 when this resolves, with 500 when it rejects. */
  take(data: unknown): Promise<void>
  readonly signal: AbortSignal
}

/**
 * Connects once. The SDK's WSClient asks for the address, opens the WebSocket, pings, joins and acknowledges frames; to
 * connect again is the caller's: the SDK would wait up to 150 s, and gives up for good at a wrong secret.
 */
export async function openLine(options: LineOptions): Promise<{ readonly line: Line } | Failure> {
  const { app, runtime, take, timing, signal } = options
  const way = createWay(app, runtime, signal)
  const { promise: outcome, resolve } = Promise.withResolvers<Error | undefined>()
  const client = createClient(options, way, resolve)
  const pingMs = boundPings(client, timing)
  const onAbort = () => resolve(new Error('closed'))
  signal.addEventListener('abort', onAbort)
  // Its own `invoke` flattens the event, and loses fields of it.
  const dispatcher = new EventDispatcher({ logger: silent, loggerLevel: LoggerLevel.fatal })
  await client.start({ eventDispatcher: Object.assign(dispatcher, { invoke: take }) })
  const error = await outcome
  signal.removeEventListener('abort', onAbort)
  if (error) {
    client.close({ force: true })
    way.destroy() // A socket that is still connecting the SDK leaves to itself.
    return way.failure() ?? { message: 'the WebSocket does not open', refused: false }
  }
  watchSilence(way, () => pingMs() + timing.pongMs, runtime.log)
  return { line: lineOf(client, way, timing) }
}

function createClient(
  { app, runtime, timing }: LineOptions,
  way: Way,
  settle: (error?: Error) => void,
): WSClient {
  let isReady = false
  return new WSClient({
    appId: app.appId,
    appSecret: app.appSecret,
    domain: app.domain,
    httpInstance: way.http,
    agent: way.agent,
    autoReconnect: false,
    handshakeTimeoutMs: timing.handshakeMs,
    wsConfig: { pingTimeout: timing.pongMs / 1000 },
    // At debug it would print the ticket.
    loggerLevel: LoggerLevel.warn,
    logger: sdkLog(runtime.log, () => isReady),
    onReady() {
      isReady = true
      settle()
    },
    onError: settle,
  })
}

function lineOf(client: WSClient, way: Way, { goodbyeMs }: Timing): Line {
  const ended = way.ended.then(() => client.close({ force: true }))
  return {
    isOpen: () => client.getConnectionStatus().state === 'connected',
    ended,
    async close() {
      // The SDK sends an acknowledgement a moment after the event was taken.
      await turn()
      client.close()
      await Promise.race([ended, sleep(goodbyeMs, undefined, { ref: false })])
      way.destroy()
      await ended
    },
  }
}

/** Of an event that cannot be read the SDK's error quotes the text. */
const QUOTING = /(failed to .*?); error: .*/s

/** Why there is no connection is for the caller to tell, once: what the SDK says of it is for those who look closer. */
function sdkLog(log: Log, isReady: () => boolean) {
  const tell = (parts: unknown) => {
    const said = [parts].flat().map(String).join(' ').replace(QUOTING, '$1')
    log[isReady() ? 'warn' : 'debug']({ said }, 'the Feishu SDK')
  }
  return { ...silent, error: tell, warn: tell }
}

const silent = { fatal() {}, error() {}, warn() {}, info() {}, debug() {}, trace() {} }
