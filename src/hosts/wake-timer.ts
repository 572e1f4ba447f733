export interface WakeTimer {
  wakeAt(time: number): void
  close(): void
}

/** A time that was asked for by a clock that has been set back since is not slept for. */
const LONGEST_MS = 1000

/** Calls `wake` at the earliest of the times asked for, or sooner; whoever is not served then asks again. */
export function createWakeTimer(wake: () => void, longestMs = LONGEST_MS): WakeTimer {
  let timer: ReturnType<typeof setTimeout> | undefined
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
        Math.min(Math.max(0, time - Date.now()), longestMs),
      )
    },
    close() {
      clearTimeout(timer)
      earliest = Number.NEGATIVE_INFINITY
    },
  }
}
