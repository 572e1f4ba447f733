/** At least this often, for what nobody announced: leases that ran out, deliveries that another process owes again. */
const EVERY_MS = 1000

export interface WakeTimer {
  wakeAt(time: number): void
  close(): void
}

/** Calls `wake` every second, and at the times asked for in between. */
export function createWakeTimer(wake: () => void): WakeTimer {
  const regular = setInterval(wake, EVERY_MS)
  let next: NodeJS.Timeout | undefined
  let nextAt = Number.POSITIVE_INFINITY

  function fire(): void {
    nextAt = Number.POSITIVE_INFINITY
    wake()
  }

  return {
    wakeAt(time) {
      const waitMs = time - Date.now()
      if (time >= nextAt || waitMs >= EVERY_MS) return
      clearTimeout(next)
      nextAt = time
      next = setTimeout(fire, Math.max(0, waitMs))
    },
    close() {
      clearInterval(regular)
      clearTimeout(next)
    },
  }
}
