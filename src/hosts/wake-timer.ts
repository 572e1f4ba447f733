export interface WakeTimer {
  wakeAt(time: number): void
  close(): void
}

/** Calls `wake` at the earliest of the times asked for; whoever is not served then asks again. */
export function createWakeTimer(wake: () => void): WakeTimer {
  let timer: NodeJS.Timeout | undefined
  let earliest = Number.POSITIVE_INFINITY
  return {
    wakeAt(time) {
      if (time >= earliest) return
      clearTimeout(timer)
      earliest = time
      timer = setTimeout(
        () => {
          earliest = Number.POSITIVE_INFINITY
          wake()
        },
        Math.max(0, time - Date.now()),
      )
    },
    close() {
      clearTimeout(timer)
      earliest = Number.NEGATIVE_INFINITY
    },
  }
}
