import type { Event } from './event.ts'

/** An event and what is owed for it. */
export interface Acceptance {
  readonly event: Event
  /** Why it is quarantined; empty for an event that is in order. A quarantined event owes nothing. */
  readonly problems: readonly string[]
  /** One entry a sink. */
  readonly owed: readonly Owed[]
}

export interface Owed {
  readonly sink: string
  /** Deliveries of a sink with the same key go one at a time, in order of acceptance. */
  readonly orderKey: string | null
  /** Asks that the delivery be born claimed, with a lease of this length; 0 does not ask. */
  readonly claimMs: number
}

export interface Accepted {
  readonly duplicate: boolean
  /** Those of `owed` that were born claimed. */
  readonly granted: readonly Granted[]
}

export interface Granted {
  readonly sink: string
  readonly id: string
  readonly claim: number
}

/** A delivery in the hands of a lane, until `leaseUntil`. */
export interface ClaimedDelivery {
  readonly id: string
  readonly event: Event
  /** The fence: only the holder of the latest claim can settle or release. */
  readonly claim: number
  /** Which attempt this is, from 1. */
  readonly attempt: number
  /** How often since its last attempt it was cut short: its process ended, having tried it or not, or its receiver did. */
  readonly cutShort: number
  /** Whether others of its order key wait behind it: once it has ended, the next of them is due. */
  readonly ordered: boolean
  /** Unix milliseconds. */
  readonly leaseUntil: number
}

export interface ClaimQuery {
  readonly sink: string
  readonly now: number
  readonly leaseMs: number
  readonly limit: number
  /** Of events' texts, but one delivery at the least. A store may hold less at once. */
  readonly chars?: number
}

/** How an attempt ended, for people to read. */
export interface AttemptRecord {
  /** Unix milliseconds at its start. */
  readonly at: number
  readonly durationMs: number
  readonly status: number | null
  /** Empty when it succeeded. */
  readonly error: string
  /** The beginning of the receiver's answer. */
  readonly response: string
}

export interface Settlement {
  readonly id: string
  readonly claim: number
  readonly attempt: number
  readonly outcome:
    | { readonly state: 'delivered' }
    | { readonly state: 'pending'; readonly dueAt: number }
    | { readonly state: 'dead'; readonly reason: string }
  readonly record: AttemptRecord
}

export interface Release {
  readonly id: string
  readonly claim: number
  readonly dueAt: number
  /** Its receiver may have died of it: that counts for the `cutShort` of its next claim. */
  readonly wasSent?: boolean
}

/**
 * Where accepted events and what is owed for them wait. Each method is one statement or one batch in one transaction,
 * so that every engine can keep it; a method that rejects has changed nothing, and is worth another try, but for a
 * `RefusedCallError`. Times are Unix milliseconds.
 */
export interface Outbox {
  /**
   * Each event with its deliveries is stored whole or not at all; a known identity (appId, tenantKey, id) is a
   * duplicate and owes nothing, also within the batch. An empty id has no identity. Resolves only when the batch would
   * survive a power cut. A delivery is never born claimed past an earlier pending one of the same order key.
   */
  accept(batch: readonly Acceptance[], now: number): Promise<readonly Accepted[]>
  /**
   * What is due, oldest first. Two parallel callers never get the same delivery; one whose lease runs out is due again
   * by itself. Of the pending deliveries with one order key only the earliest is ever given, and only when it is due.
   * Adds one to `claim`. Gives fewer than `limit` where they are large, one at the least.
   */
  claim(query: ClaimQuery): Promise<readonly ClaimedDelivery[]>
  /** When the earliest of a sink's deliveries is due that a claim could give then; null when there is none. */
  nextDueAt(sink: string): Promise<number | null>
  /** Delivered, waiting until `dueAt`, or dead. A late one (its claim is no longer the current one) changes nothing. */
  settle(batch: readonly Settlement[]): Promise<void>
  /** Given back: due at `dueAt`, its attempt not counted. A late one changes nothing. */
  release(batch: readonly Release[]): Promise<void>
}
