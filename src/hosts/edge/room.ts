import type { Plan } from '../../core/plan.ts'
import type { GatewayOptions } from '../../gateway.ts'

const MI = 1024 * 1024

/**
 * An isolate has 128 MB. A callback that waits is there some five to seven times over (bytes, text, parsed, decrypted):
 * 37 MiB of large ones, and 55 MiB of small ones were each of 16 KiB, where Feishu's have two. What lanes hold is there
 * as text and parsed, at up to two bytes a character: 32 MiB, and what is being sent once more.
 */
const INTAKE_ROOM = { callbacks: 512, largeBytes: 8 * MI }
const HELD_CHARS = 8 * MI

/** What fits into the platform's isolate. Each lane has its part for itself, so that none keeps another from working. */
export function roomFor({ sinks }: Plan): Pick<GatewayOptions, 'heldChars' | 'intakeRoom'> {
  return { heldChars: HELD_CHARS / Math.max(1, sinks.size), intakeRoom: INTAKE_ROOM }
}
