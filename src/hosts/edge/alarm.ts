import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/runtime.ts'
import { createWakeTimer } from '../wake-timer.ts'
import type { AlarmStorage } from './platform.ts'

/** Wakes the object at the times asked for, or soon after, also when its isolate has ended meanwhile. */
export interface Alarm {
  /** Unix milliseconds. */
  wakeAt(time: number): void
  /**
   * Before something is written that is to be delivered, and while it is being delivered: should the isolate end now,
   * the platform starts another within five seconds.
   */
  guard(): void
  /** Resolves in the next call of the platform's alarm, which is set for now: an invocation of its own. */
  next(): Promise<void>
  /** The platform's alarm has gone off, and is no more: whoever wants to be woken asks again. */
  rang(): void
}

/**
 * An alarm costs a written row, so for a time it is never set for sooner than that, and a timer serves what comes before
 * it. So a busy object sets one alarm each five seconds, whatever its rates, and one that has nothing to do none.
 */
const SOON_MS = 5_000

export async function openAlarm(storage: AlarmStorage, wake: () => void, log: Log): Promise<Alarm> {
  // One that an isolate before this one has set: it has not gone off yet, or just has, and is about to be told.
  let alarmAt = (await storage.getAlarm()) ?? Number.POSITIVE_INFINITY
  const timer = createWakeTimer(wake, SOON_MS)
  let ringing = Promise.withResolvers<void>()

  /** Not awaited: the platform holds back every answer and every request until it is durable. */
  function ensureAlarm(time: number): void {
    if (time >= alarmAt) return
    alarmAt = time
    storage.setAlarm(time).catch((error) => {
      log.error({ error: messageOf(error) }, 'cannot set the alarm')
      // Whatever is asked for next sets it anew.
      if (alarmAt === time) alarmAt = Number.POSITIVE_INFINITY
    })
  }

  return {
    wakeAt(time) {
      const soon = Date.now() + SOON_MS
      ensureAlarm(Math.max(time, soon))
      if (time < soon) timer.wakeAt(time)
    },
    guard: () => ensureAlarm(Date.now() + SOON_MS),
    next() {
      ensureAlarm(Date.now())
      return ringing.promise
    },
    rang() {
      alarmAt = Number.POSITIVE_INFINITY
      ringing.resolve()
      ringing = Promise.withResolvers()
    },
  }
}
