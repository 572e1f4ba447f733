export type EventResult = 'accepted' | 'duplicate' | 'ignored' | 'quarantined' | 'rejected'
export type DeliveryResult = 'delivered' | 'failed' | 'dead'

/** What has just happened at this gateway. Times in Unix milliseconds. No text in it holds a secret, or what is redacted. */
export type Happening = Received | Attempted | BreakerChanged | Gone | Reloaded

/** A callback has its answer. */
export interface Received {
  readonly kind: 'received'
  readonly at: number
  readonly source: string
  /** Empty, as is its id, for what was rejected. */
  readonly type: string
  readonly eventId: string
  readonly result: EventResult
  /** From the whole request to its answer. */
  readonly durationMs: number
  /** Why it is quarantined. */
  readonly problems: readonly string[]
}

/** One attempt has ended, with its quick tries. */
export interface Attempted {
  readonly kind: 'attempted'
  readonly at: number
  readonly sink: string
  /** `failed`: it will be tried again. */
  readonly result: DeliveryResult
  readonly durationMs: number
  readonly type: string
  readonly eventId: string
  readonly deliveryId: string
  /** From 1. */
  readonly attempt: number
  readonly status: number | null
  /** What went wrong; empty where nothing did. */
  readonly error: string
}

/** The breaker of a sink has opened or closed. */
export interface BreakerChanged {
  readonly kind: 'breaker'
  readonly at: number
  readonly sink: string
  readonly state: 'open' | 'closed'
  /** Until when an open one lets nothing pass. */
  readonly until: number | null
}

/** A receiver has said that it is gone for good (410), and its sink is paused. */
export interface Gone {
  readonly kind: 'gone'
  readonly at: number
  readonly sink: string
}

/** routes.yaml was read again. */
export interface Reloaded {
  readonly kind: 'reloaded'
  readonly at: number
  readonly result: 'applied' | 'rejected'
  /** As people read them; empty where it was applied. */
  readonly problems: string
}

/** Hears of what happens, on the path of each event: it must be quick, and never throws. */
export type Observer = (happening: Happening) => void
