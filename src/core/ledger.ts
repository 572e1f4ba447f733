import type { Event, JsonObject } from './event.ts'
import type { AttemptRecord } from './outbox.ts'

/**
 * One page of a list; `next` continues it, null at its end. A page may have fewer than `limit`, or none, and still a
 * next one: it ends where it has looked at enough.
 */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export interface PageQuery {
  /** A page's `next`. */
  readonly cursor?: string | undefined
  readonly limit: number
}

export type EventState = 'accepted' | 'quarantined'
export type DeliveryState = 'pending' | 'delivered' | 'dead'

/** Times in Unix milliseconds, of acceptance: from `since` on, before `until`. What is absent excludes nothing. */
export interface EventQuery extends PageQuery {
  readonly order: 'newest first' | 'oldest first'
  readonly type?: string | undefined
  /** Name of a source. */
  readonly source?: string | undefined
  readonly state?: EventState | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
  /** Exactly its id, or its data's instance_code, approval_code or user_id. */
  readonly q?: string | undefined
}

export interface StoredEvent {
  /** The store's own name for it, unique: two apps may use one event id, and a quarantined event may have none. */
  readonly ref: string
  readonly event: Event
  /** Unix milliseconds. */
  readonly acceptedAt: number
  /** Why it is quarantined; empty for an event that is in order. */
  readonly problems: readonly string[]
}

/** By a `ref` it is that very event. Several may have one id, and an id may look like another event's `ref`. */
export type EventName = { readonly id: string } | { readonly ref: string }

/** Times in Unix milliseconds, of the delivery's acceptance. */
export interface DeliveryFilter {
  readonly sink?: string | undefined
  readonly event?: EventName | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export interface DeliveryQuery extends DeliveryFilter, PageQuery {
  readonly state?: DeliveryState | undefined
}

/** Times in Unix milliseconds. */
export interface StoredDelivery {
  readonly id: string
  readonly eventRef: string
  readonly eventId: string
  readonly sink: string
  readonly state: DeliveryState
  /** How many have come to an end. */
  readonly attempts: number
  readonly orderKey: string | null
  readonly acceptedAt: number
  /** When a pending one is tried next, or its lease ends; null once it has ended. */
  readonly dueAt: number | null
  /** Whether a lane holds it. */
  readonly inFlight: boolean
  readonly settledAt: number | null
  /** Why it is dead. */
  readonly reason: string | null
}

export interface StoredAttempt extends AttemptRecord {
  /** From 1. */
  readonly n: number
}

export interface EventHistory extends StoredEvent {
  /** Oldest first. A delivery that succeeded at its first attempt has no attempts on record. */
  readonly deliveries: readonly (StoredDelivery & { readonly history: readonly StoredAttempt[] })[]
}

/** What became of an event: how many of its deliveries are in each state. */
export type Outcome = Readonly<Record<DeliveryState, number>>

export interface EventOutcome extends Outcome {
  readonly eventRef: string
}

export interface Backlog {
  readonly sink: string
  readonly pending: number
  readonly dead: number
  /** When the oldest pending one was accepted, or null without one. */
  readonly oldestPendingAt: number | null
}

/** Some of the dead letters: these ones, or all that pass a filter. */
export type DeadSelection =
  | { readonly ids: readonly string[] }
  | { readonly filter: DeliveryFilter }

export interface RetryBatch extends PageQuery {
  readonly dryRun: boolean
  readonly now: number
}

/** How far a long piece of work has come, in batches that hold up nobody. */
export interface Progress {
  readonly count: number
  /** The next batch's cursor; null when all is done. */
  readonly next: string | null
}

/** A stored event that is owed again. */
export interface Redelivery {
  readonly ref: string
  /** It was quarantined, and is in order by today's rules. */
  readonly cleared: boolean
  readonly owed: readonly { readonly sink: string; readonly orderKey: string | null }[]
}

export interface OweQuery {
  /** Owes anew what has been delivered, as a delivery of its own. */
  readonly resend: boolean
  readonly dryRun: boolean
  readonly now: number
}

/** Who keeps a sink from being sent anything, over restarts. */
export interface Pause {
  readonly sink: string
  /** The receiver by its 410. */
  readonly by: 'operator' | 'receiver'
  /** Unix milliseconds. */
  readonly at: number
  /** A receiver's pause ends when the sink's options do: the first 8 characters of its fingerprint. Else empty. */
  readonly options: string
}

export interface AuditEntry {
  /** Unix milliseconds. */
  readonly at: number
  /** Who, as far as it is known: `cli alice@host`, `api`. */
  readonly actor: string
  readonly action: 'pause' | 'resume' | 'retry' | 'replay' | 'discard'
  /** What was asked for. */
  readonly request: JsonObject
  /** What came of it; null while it is under way, and where the process ended in its middle. */
  readonly outcome: JsonObject | null
}

export interface PruneQuery extends PageQuery {
  /** Unix milliseconds: what has been settled before is deleted, and events that have nothing left, with it. */
  readonly deliveredBefore: number
  readonly deadBefore: number
  readonly identitiesBefore: number
  /** Entries of the audit that were made before. */
  readonly auditBefore: number
}

/**
 * What people read of the store, and ask of it; never on the hot path. Whatever may concern many rows goes by batches
 * of at most `limit`, each in one transaction.
 */
export interface Ledger {
  /** One entry for each sink that is owed something or has dead letters. */
  backlog(): Promise<readonly Backlog[]>
  /** Whether it was ever owed anything, as far as the store remembers. */
  wasOwed(sink: string): Promise<boolean>
  /**
   * With `q`, events of that id come first, then those of that instance_code, then those that mention it otherwise; the
   * first two are found at once, however many events there are. A clock that has been set back by more than five minutes
   * may hide some from `since` and `until`.
   */
  events(query: EventQuery): Promise<Page<StoredEvent>>
  /** Of an id the latest; null without one. An empty id is nobody's. */
  event(name: EventName): Promise<EventHistory | null>
  /** One entry for each of these events that has deliveries, in any order. For a page of them, some hundred at the most. */
  outcomes(refs: readonly string[]): Promise<readonly EventOutcome[]>
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<Page<StoredDelivery>>
  /**
   * Dead letters are owed again: due now, their attempts counted from 1, in their old place of their order key. Ids
   * that are not of dead letters are passed over. `count`: how many. From a null cursor to a null `next`, each dead
   * letter is met once, also one that is dead again meanwhile.
   */
  retry(selection: DeadSelection, batch: RetryBatch): Promise<Progress>
  /**
   * Owes events again: to a sink that has neither a pending nor a delivered one. A dead one is revived, as by `retry`.
   * Gives how many each sink is owed by it; unknown refs owe nothing.
   */
  owe(
    batch: readonly Redelivery[],
    query: OweQuery,
  ): Promise<readonly { readonly sink: string; readonly count: number }[]>
  /** Pending ones become dead letters with this reason, but for those in flight. `count`: how many. */
  discard(
    sink: string,
    reason: string,
    query: PageQuery & { readonly now: number },
  ): Promise<Progress>
  pauses(): Promise<readonly Pause[]>
  /** One a sink and `by`; a later one replaces it. */
  pause(pause: Pause): Promise<void>
  /** Ends whatever pauses there are of this sink, or one alone: while it is about these options. */
  resume(sink: string, only?: Pick<Pause, 'by' | 'options'>): Promise<void>
  /** Resolves to the entry's id, for `conclude`. */
  record(entry: AuditEntry): Promise<string>
  conclude(id: string, outcome: JsonObject): Promise<void>
  /** Newest first. */
  audit(query: PageQuery): Promise<Page<AuditEntry & { readonly id: string }>>
  /**
   * Goes through events from the oldest on, at most `limit` of them at a time. `count`: deleted deliveries and events.
   * The newest event may stay, so that its ref is never given to another. An identity lives as long as its event.
   */
  prune(query: PruneQuery): Promise<Progress>
}
