/** Spaces requests evenly, so that no window of any length is ever full at its beginning. Times in Unix milliseconds. */
export interface Rate {
  /** When the next request may be made; the past when it may be made now. */
  nextAt(now: number): number
  /** One is made now. */
  spend(now: number): void
  /** So many wait to be made soon: one that is shared asks the others for their slots. */
  want(count: number, now: number): void
  /** How many may be made from `now` until `withinMs` later. */
  slots(now: number, withinMs: number): number
  /** When the next request may be made, to begin another rate with; null where requests are not far apart. */
  readonly memory: number | null
}

/**
 * Timers come a little late. Where requests are this close together, a slot that is missed by little moves none of
 * the later ones, or a host's slowness would be taken off the rate.
 */
export const CLOSE_MS = 20
const LITTLE_MS = 5

/** Requests that are this far apart are worth remembering when the next may be made. */
const SLOW_MS = 1000

/**
 * `perSecond` null is no limit. Where nothing is remembered, the first slot is an interval after `now`: what a process
 * or a plan before this one has sent is not known. It never is later, whatever the clock was when it was remembered.
 */
export function createRate(
  perSecond: number | null,
  now: number,
  remembered: number | null = null,
): Rate {
  if (perSecond === null) return unlimited
  const intervalMs = 1000 / perSecond
  let next = Math.min(remembered ?? Number.POSITIVE_INFINITY, now + intervalMs)
  let lastNow = now

  /** A clock that is set back takes the next slot along. */
  function nextAt(now: number): number {
    if (now < lastNow) next -= lastNow - now
    lastNow = now
    return next
  }

  return {
    nextAt,
    spend(now) {
      const due = nextAt(now)
      const keepsPace = intervalMs < CLOSE_MS && now - due < LITTLE_MS
      next = (keepsPace ? due : Math.max(now, due)) + intervalMs
    },
    want() {},
    slots(now, withinMs) {
      const leftMs = now + withinMs - Math.max(now, nextAt(now))
      return leftMs < 0 ? 0 : Math.floor(leftMs / intervalMs) + 1
    },
    get memory() {
      return intervalMs < SLOW_MS ? null : next
    },
  }
}

const unlimited: Rate = {
  nextAt: () => Number.NEGATIVE_INFINITY,
  spend() {},
  want() {},
  slots: () => Number.POSITIVE_INFINITY,
  memory: null,
}
