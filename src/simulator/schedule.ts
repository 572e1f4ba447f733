import { setTimeout } from 'node:timers/promises'

/** What came of sending an event once. */
export interface Attempt {
  /** The HTTP status, or the code of a long connection's acknowledgement; undefined without an answer. */
  readonly status: number | undefined
  /** What the answer said, or why there was none. */
  readonly said: string
}

/** What became of an event; `closed`: the simulator ended before it was known. */
export interface Sent {
  readonly outcome: 'delivered' | 'given up' | 'closed'
  readonly attempts: readonly Attempt[]
}

/** Sends an event once. Never rejects. */
export type Send = () => Promise<Attempt>

/** Resolves when `ms` milliseconds of Feishu's time have passed; rejects when the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<unknown>

/** Sends until an attempt succeeds or all have failed; events with one order key go one after the other. */
export type Schedule = (send: Send, orderKey: string | undefined) => Promise<Sent>

/** Source: open.feishu.cn, "Handle callbacks": any other answer than 200 is followed by at most four more pushes. */
const RETRY_WAITS_MS = [15_000, 300_000, 3_600_000, 21_600_000]

/** At 3,600 the four waits take 4 ms, 83 ms, 1 s and 6 s. */
export function atSpeed(speed: number): Wait {
  return (ms, signal) => setTimeout(ms / speed, undefined, { signal })
}

export function createSchedule(wait: Wait, closed: AbortSignal): Schedule {
  const lastOf = new Map<string, Promise<Sent>>()
  return (send, orderKey) => {
    const start = () => untilReceived(send, wait, closed)
    if (orderKey === undefined) return start()
    const before = lastOf.get(orderKey)
    const sent = before ? before.then(start) : start()
    lastOf.set(orderKey, sent)
    return sent
  }
}

async function untilReceived(send: Send, wait: Wait, closed: AbortSignal): Promise<Sent> {
  const attempts: Attempt[] = []
  while (!closed.aborted) {
    const attempt = await send()
    attempts.push(attempt)
    if (attempt.status === 200) return { outcome: 'delivered', attempts }
    const waitMs = RETRY_WAITS_MS[attempts.length - 1]
    if (waitMs === undefined) return { outcome: 'given up', attempts }
    // It rejects when the simulator is closed, which ends the loop.
    await wait(waitMs, closed).catch(() => {})
  }
  return { outcome: 'closed', attempts }
}
