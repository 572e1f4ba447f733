/** How long what a lane holds should last it: enough to bridge a flush, too short for a lease to run out meanwhile. */
export const HELD_MS = 500
const MAX_HELD = 512

/** In characters of its events' texts: a lane that holds as many takes no more. What was on its way then comes on top. */
export const HELD_CHARS = 16 * 1024 * 1024

/** How many deliveries a lane holds, running ones included: twice its concurrency, and more of a fast receiver's. */
export function capacityOf(concurrency: number, attemptMs: number): number {
  const lasting = (concurrency * HELD_MS) / Math.max(attemptMs, 1)
  return Math.max(concurrency * 2, Math.min(lasting, MAX_HELD))
}
