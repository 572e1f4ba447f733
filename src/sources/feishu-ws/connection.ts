import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../core/errors.ts'
import type { Runtime } from '../../core/runtime.ts'
import type { FeishuApp } from '../../feishu/app-options.ts'
import { type Line, openLine } from './line.ts'
import type { Failure } from './refusal.ts'

/** All in milliseconds. */
export interface Timing {
  /** The first wait before it connects again; each further one is twice as long, up to `maxRetryMs`. */
  readonly retryMs: number
  readonly maxRetryMs: number
  /** The wait after an answer that only people can change, such as that of a wrong secret. */
  readonly refusedMs: number
  /** How long the WebSocket may take to open. */
  readonly handshakeMs: number
  /** From one ping to the next, whatever Feishu wants: two minutes, usually. */
  readonly minPingMs: number
  readonly maxPingMs: number
  /** How long a ping may be without answer. */
  readonly pongMs: number
  /** How long events that are under way may take when it closes, and the end of the connection thereafter. */
  readonly lastEventsMs: number
  readonly goodbyeMs: number
}

const TIMING: Timing = {
  retryMs: 1_000,
  maxRetryMs: 30_000,
  refusedMs: 60_000,
  handshakeMs: 10_000,
  minPingMs: 1_000,
  maxPingMs: 120_000,
  pongMs: 10_000,
  lastEventsMs: 3_000,
  goodbyeMs: 1_000,
}

export interface ConnectionOptions {
  readonly app: FeishuApp
  readonly runtime: Runtime
  readonly timing: Partial<Timing>
  /** Resolves when the event is durable. Rejects where it has to come again. */
  bring(data: unknown): Promise<void>
}

/** Connected again and again, whatever happens, until it is closed. */
export interface Connection {
  connected(): boolean
  /** Resolves when the events under way are acknowledged, and nothing more is brought. */
  close(): Promise<void>
}

export function openConnection({ app, runtime, bring, ...options }: ConnectionOptions): Connection {
  const timing = { ...TIMING, ...options.timing }
  const closing = new AbortController()
  const underWay = new Set<Promise<void>>()
  let line: Line | undefined

  /** Feishu hears of success or failure only once this has ended. */
  function take(data: unknown): Promise<void> {
    if (closing.signal.aborted) return Promise.reject(new Error('the gateway is closing'))
    const taking = bring(data)
    const settled = taking.catch(() => {}).finally(() => underWay.delete(settled))
    underWay.add(settled)
    return taking
  }

  async function run(): Promise<void> {
    const { signal } = closing
    const { log, now } = runtime
    for (let failures = 0; !signal.aborted; failures++) {
      const opened = await openLine({ app, runtime, timing, take, signal }).catch(failureOf)
      const openedAt = now()
      if ('line' in opened) {
        line = opened.line
        log.info({ app_id: app.appId }, 'connected to Feishu')
        if (signal.aborted) await line.close()
        await line.ended
        line = undefined
      }
      if (signal.aborted) return
      if ('line' in opened) log.warn({ app_id: app.appId }, 'the connection to Feishu is lost')
      else log.error({ app_id: app.appId, error: opened.message }, 'cannot connect to Feishu')
      // One that is cut off again and again is no success.
      if (now() - openedAt > timing.maxRetryMs) failures = 0
      const waitMs = 'refused' in opened && opened.refused ? timing.refusedMs : retryWait(failures)
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }

  /** Never all at once when Feishu has closed many connections. */
  function retryWait(failures: number): number {
    const waitMs = Math.min(timing.maxRetryMs, timing.retryMs * 2 ** failures)
    return waitMs * (0.5 + runtime.random() / 2)
  }

  const running = run()
  return {
    connected: () => line?.isOpen() ?? false,
    async close() {
      closing.abort()
      const tooLong = sleep(timing.lastEventsMs, undefined, { ref: false })
      await Promise.race([Promise.all(underWay), tooLong])
      await line?.close()
      await running
    },
  }
}

function failureOf(error: unknown): Failure {
  return { message: messageOf(error), refused: false }
}
