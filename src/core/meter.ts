export type EventResult = 'accepted' | 'duplicate' | 'ignored' | 'quarantined' | 'rejected'
export type DeliveryResult = 'delivered' | 'failed' | 'dead'

/** Where the core says what happened, for metrics. Durations in milliseconds. */
export interface Meter {
  /** `type` is empty for what was rejected. */
  received(source: string, type: string, result: EventResult, durationMs: number): void
  /** One attempt, with its quick tries. */
  attempted(sink: string, result: DeliveryResult, durationMs: number): void
}
