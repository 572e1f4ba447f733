import type { Observer } from '../happening.ts'
import type { ClaimedDelivery, Outbox } from '../outbox.ts'
import type { Pauses } from '../pauses.ts'
import type { LiveSink } from '../plan.ts'
import type { Redaction } from '../redact.ts'
import type { Runtime } from '../runtime.ts'
import type { Breaker } from './breaker.ts'
import type { LaneMemories, LaneMemory } from './memory.ts'
import type { PerMinute } from './per-minute.ts'
import type { Rate } from './rate.ts'
import type { Settler, Settling } from './settler.ts'
import type { Sharing } from './sharing.ts'

export interface LaneContext {
  readonly outbox: Outbox
  readonly runtime: Runtime
  readonly tell: Observer
  /** What people are not shown of events, by the plan of now. */
  redact(): Redaction
  readonly pauses: Pauses
  readonly settling: Settling
  /** Hears of every claim that the store cannot make. */
  unclaimed(fields: { readonly sink: string; readonly error: string }): void
  /** Asks the host to wake all lanes at that time, in Unix milliseconds. */
  wakeAt(time: number): void
  /** How often to look for what nobody announced; each second by default. Infinity where nobody else has the store. */
  readonly lookEveryMs?: number | undefined
  /** False where the host starts too often for receivers to be greeted at each start. */
  readonly greets?: boolean | undefined
  /** How many characters of its events' texts a lane may hold; 16 Mi by default. */
  readonly heldChars?: number | undefined
  /** Without them, each process begins to count anew. */
  readonly memories?: LaneMemories | undefined
  /** Without it, rates and breakers are this process's own. */
  readonly sharing?: Sharing | undefined
}

/** What a lane knows. */
export interface LaneState {
  readonly live: LiveSink
  readonly context: LaneContext
  readonly settler: Settler
  readonly rate: Rate
  readonly breaker: Breaker
  /** What the host remembers of it. */
  kept: LaneMemory
  readonly leaseMs: number
  readonly longestAttemptMs: number
  /** Claimed and not yet started: by id, the first to start first. */
  readonly waiting: Map<string, ClaimedDelivery>
  /** Places for deliveries that are about to be accepted or claimed. */
  reserved: number
  /** By id, each with its latest claim. */
  readonly running: Map<string, ClaimedDelivery>
  claiming: boolean
  /** Whether the store may hold something due that this lane has not claimed. */
  more: boolean
  /** When to look at the store again, in Unix milliseconds. */
  lookAt: number
  closing: boolean
  /** How long an attempt takes of late. */
  attemptMs: number
  readonly delivered: PerMinute
  readonly failed: PerMinute
  /** Starts, claims and gives back what it may: called whenever something has changed. */
  readonly pump: () => void
}
